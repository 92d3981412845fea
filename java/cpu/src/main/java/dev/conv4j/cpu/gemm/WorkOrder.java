package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.thread.Stretches;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which of a run's items a thread does next. An item is a range of panels of a block, and a thread
 * that begins a block brings its points into its own caches; so a thread stays with its block while
 * there is something left of it, then begins another one, and only when all have been begun helps
 * with what is left of others. Who does what changes no sum.
 *
 * <p>Only blocks that somebody is at are known one by one: memory follows the threads, not the
 * blocks.
 */
final class WorkOrder {

  private final int ranges;

  /** The blocks that nobody has begun. */
  private final Stretches fresh;

  /**
   * For each slot the next item of the block it has begun. Whoever begins a block takes its first
   * range at once, so a block's first item here is the end of the block before: nothing is left.
   */
  private final AtomicLongArray open;

  /** For each slot the one whose block it is at. */
  private final int[] at;

  /**
   * @param blocks blocks
   * @param ranges items of a block
   * @param slots threads at most
   */
  WorkOrder(long blocks, int ranges, int slots) {
    this.ranges = ranges;
    this.fresh = new Stretches(slots);
    fresh.open(blocks, slots);
    this.open = new AtomicLongArray(slots);
    this.at = new int[slots];
    for (int slot = 0; slot < slots; slot++) {
      at[slot] = slot;
    }
  }

  /**
   * Takes an item: {@code block · ranges + range}. May be called as often as there are items, by
   * one thread at a time for each slot.
   */
  long next(int slot) {
    if (ranges == 1) {
      return fresh.take(slot);
    }
    long item = take(at[slot]);
    if (item < 0) {
      long block = fresh.take(slot);
      if (block >= 0) {
        item = block * ranges;
        open.set(slot, item + 1);
      }
    }
    while (item < 0) {
      // Nothing is left only while somebody who has taken a block has not said so yet.
      Thread.onSpinWait();
      at[slot] = fullest();
      item = take(at[slot]);
    }
    return item;
  }

  /** Returns the next item of a slot's block, or -1 when none is left. */
  private long take(int slot) {
    long item = open.get(slot);
    while (item % ranges != 0 && !open.compareAndSet(slot, item, item + 1)) {
      item = open.get(slot);
    }
    return item % ranges != 0 ? item : -1;
  }

  /** Returns the slot whose block has most left. */
  private int fullest() {
    int best = 0;
    int most = 0;
    for (int slot = 0; slot < at.length; slot++) {
      int done = (int) (open.get(slot) % ranges);
      if (done > 0 && ranges - done > most) {
        most = ranges - done;
        best = slot;
      }
    }
    return best;
  }
}
