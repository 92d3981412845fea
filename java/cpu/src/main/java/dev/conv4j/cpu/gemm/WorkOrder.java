package dev.conv4j.cpu.gemm;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Which of a run's items a thread does next. An item is a range of panels of a block, and a thread
 * that begins a block brings its points into its own caches; so a thread stays with its block while
 * there is something left of it, then begins another one, and only when all have been begun helps
 * with what is left of others. Who does what changes no sum.
 */
final class WorkOrder {

  private final int blocks;
  private final int ranges;

  /** For each slot its block. */
  private final int[] own;

  private final AtomicInteger fresh = new AtomicInteger();

  /** For each block the ranges that were taken; none where a block is one item. */
  private final AtomicIntegerArray taken;

  /**
   * @param blocks blocks
   * @param ranges items of a block
   * @param slots threads at most
   */
  WorkOrder(int blocks, int ranges, int slots) {
    this.blocks = blocks;
    this.ranges = ranges;
    this.own = new int[slots];
    Arrays.fill(own, -1);
    this.taken = new AtomicIntegerArray(ranges == 1 ? 0 : blocks);
  }

  /**
   * Takes an item: {@code block · ranges + range}. May be called as often as there are items, by
   * one thread at a time for each slot.
   */
  long next(int slot) {
    if (ranges == 1) {
      return fresh.getAndIncrement();
    }
    int block = own[slot];
    int range = block < 0 ? ranges : take(block);
    while (range == ranges && fresh.get() < blocks) {
      block = fresh.getAndIncrement();
      range = block < blocks ? take(block) : ranges;
    }
    // Blocks begun last have most left.
    for (int other = blocks - 1; range == ranges; other = other == 0 ? blocks - 1 : other - 1) {
      block = other;
      range = take(other);
    }
    own[slot] = block;
    return (long) block * ranges + range;
  }

  /** Returns a range of a block, or the number of ranges when none is left. */
  private int take(int block) {
    return taken.get(block) < ranges ? Math.min(taken.getAndIncrement(block), ranges) : ranges;
  }
}
