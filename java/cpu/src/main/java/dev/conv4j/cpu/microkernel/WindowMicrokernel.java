package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/**
 * A microkernel that also reads its rows through two tables: where each row begins, and where each
 * product is from there. So the windows of neighbouring points of an image are multiplied where
 * they lie, however they overlap. (After Dukhan, "The Indirect Convolution Algorithm", 2019, with
 * distances in one table for all rows instead of pointers for each.)
 */
public interface WindowMicrokernel extends RowMicrokernel {

  /**
   * Computes one tile. Distances are in bytes and not negative; what they lead to is not checked.
   *
   * @param depth products in each sum
   * @param a one operand, the library's own memory
   * @param aAt what distances are from
   * @param starts a distance for each row, each an {@code int}; the library's own memory
   * @param startsAt the first one
   * @param places a distance for each product, the same
   * @param placesAt the first one
   * @param b the other operand, the library's own memory, a panel: rows of {@link #columns}
   *     elements without a gap
   * @param bAt its first element
   * @param c the tile, overwritten
   * @param cAt its first element
   * @param cRow from a row to the next
   * @param next what may be prefetched, as much as {@link #run} reads ahead
   * @param nextAt its first byte
   */
  void runWindows(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment starts,
      long startsAt,
      MemorySegment places,
      long placesAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt);
}
