package dev.conv4j.memory;

import dev.conv4j.InvalidArgumentException;

/**
 * How the pool rounds and places requests. Under a byte cap nothing may be reserved beyond what is
 * asked for, so every request is a block of its own, exact to the alignment. Without a cap, small
 * requests are rounded to size classes and carved from slabs, and a large one may take a cached
 * block up to an eighth larger.
 *
 * @param alignment granularity of the device, a power of two
 * @param exact whether a cap forbids any slack
 */
record Sizing(long alignment, boolean exact) {

  /** Requests up to this size are carved from slabs. */
  static final long SMALL = 256 << 10;

  /** The size of a slab: the page in which CUDA and transparent huge pages map memory. */
  static final long SLAB = 2 << 20;

  /** Idle memory beyond what was ever in use at once is given back above this many bytes. */
  static final long IDLE_SLACK = 64 << 20;

  /** Size classes per doubling: the waste is at most one part in so many. */
  private static final int STEPS = 8;

  static long roundUp(long bytes, long alignment) {
    if (bytes < 1) {
      throw new InvalidArgumentException("bytes", bytes, "at least 1");
    }
    // The largest multiple stands for everything above it: no device has either.
    return bytes > Long.MAX_VALUE - alignment + 1
        ? Long.MAX_VALUE & -alignment
        : (bytes + alignment - 1) & -alignment;
  }

  /** Returns the bytes of the pool a request takes. */
  long round(long bytes) {
    long rounded = roundUp(bytes, alignment);
    if (exact || rounded > SMALL) {
      return rounded;
    }
    long step = Math.max(alignment, Long.highestOneBit(rounded) / STEPS);
    return (rounded + step - 1) & -step;
  }

  /** Returns whether a rounded size is carved from a slab. */
  boolean carved(long size) {
    return !exact && size <= SMALL;
  }

  /** Returns the largest cached block a request may take whole. */
  long tolerated(long size) {
    return exact ? size : size + size / STEPS;
  }

  /**
   * Returns how many idle bytes must go before the pool grows, so that memory reserved stays within
   * twice of what was ever in use at once. Without this, changing shapes would pile up blocks until
   * the device, or the machine, is full.
   */
  long surplus(long reserved, long size, long peakInUse) {
    return exact ? 0 : reserved + size - 2 * peakInUse - IDLE_SLACK;
  }
}
