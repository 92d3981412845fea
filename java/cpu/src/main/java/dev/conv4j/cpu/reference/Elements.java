package dev.conv4j.cpu.reference;

import java.lang.foreign.MemorySegment;

/** The sum of products behind each element of a result. */
interface Elements {

  /**
   * Returns one element before the epilogue.
   *
   * @param first x, or dy for backward-data
   * @param second w, or dy for backward-filter
   * @param outer the result's row of the batch, or filter
   * @param channel its channel, of a filter within the group
   * @param z depth
   * @param y height
   * @param x width
   */
  double sum(
      MemorySegment first, MemorySegment second, long outer, long channel, long z, long y, long x);
}
