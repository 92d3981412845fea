package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/** A microkernel that also reads its rows where they lie. */
public interface RowMicrokernel extends Microkernel {

  /**
   * Computes one tile from rows that lie a distance apart.
   *
   * @param depth products in each sum
   * @param a one operand, the library's own memory: in each row the elements of all k
   * @param aAt its first element
   * @param aRow from a row to the next
   * @param b the other operand, the library's own memory, a panel: rows of {@link #columns}
   *     elements without a gap
   * @param bAt its first element
   * @param c the tile, overwritten
   * @param cAt its first element
   * @param cRow from a row to the next
   * @param next what may be prefetched, as much as {@link #run} reads ahead
   * @param nextAt its first byte
   */
  void runRows(
      int depth,
      MemorySegment a,
      long aAt,
      long aRow,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt);
}
