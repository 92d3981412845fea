package dev.conv4j.cpu.thread;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Items handed out so that each thread takes neighbours, and the same share of every run: what it
 * reads is then what it has written itself in the run before, and is in its own caches. Every
 * thread has a stretch of its own; when that is empty it takes from the one with most left. No item
 * is handed out twice.
 */
public final class Stretches {

  /** Counters are two lines of the cache apart: lines are often fetched in pairs. */
  private static final int APART = 16;

  /** The next item of each thread's stretch; may pass the end. */
  private final AtomicLongArray next;

  private int threads;
  private long count;

  /**
   * @param most threads that may share items
   */
  public Stretches(int most) {
    this.next = new AtomicLongArray(most * APART);
  }

  /**
   * Begins handing out items; nobody may be taking any.
   *
   * @param items how many
   * @param sharing threads that share them
   */
  public void open(long items, int sharing) {
    threads = sharing;
    count = items;
    for (int thread = 0; thread < threads; thread++) {
      next.set(thread * APART, first(thread));
    }
  }

  /** Returns where a thread's stretch begins, and the one before ends. */
  private long first(int thread) {
    return count / threads * thread + Math.min(thread, count % threads);
  }

  private long left(int thread) {
    return first(thread + 1) - next.get(thread * APART);
  }

  /** Takes an item for a thread, from 0 up to those that share; -1 when there are none. */
  public long take(int thread) {
    int from = thread;
    while (from >= 0) {
      long item = left(from) > 0 ? next.getAndIncrement(from * APART) : Long.MAX_VALUE;
      if (item < first(from + 1)) {
        return item;
      }
      from = fullest();
    }
    return -1;
  }

  /** Returns the thread with most left, or -1 when nobody has anything left. */
  private int fullest() {
    int best = -1;
    long most = 0;
    for (int thread = 0; thread < threads; thread++) {
      long left = left(thread);
      if (left > most) {
        most = left;
        best = thread;
      }
    }
    return best;
  }

  /** Hands out nothing more. */
  public void close() {
    for (int thread = 0; thread < threads; thread++) {
      next.set(thread * APART, first(thread + 1));
    }
  }
}
