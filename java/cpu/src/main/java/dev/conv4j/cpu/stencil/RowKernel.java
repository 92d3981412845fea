package dev.conv4j.cpu.stencil;

import dev.conv4j.Convolution;
import java.lang.foreign.MemorySegment;

/**
 * The sums of one or two rows of outputs: what both read is loaded once. Sums start from zero and
 * take the taps row by row, in every kernel and in either row, so that all of them give the same
 * bits.
 */
interface RowKernel {

  /** Returns the kernel for a problem's filter. */
  static RowKernel of(Convolution c) {
    int height = Math.toIntExact(c.filter().h());
    int width = Math.toIntExact(c.filter().w());
    return height == 3 && width == 3 ? new Rows3x3() : new RowsOfTaps(height, width);
  }

  /** Returns whether sums are read again, and so should lie where that is fast. */
  boolean readsSums();

  /**
   * Computes whole vectors of columns.
   *
   * @param x memory of the input's rows
   * @param rowsAt byte positions of the first column's first tap, for each row of taps of the upper
   *     row, and for the last one of the lower
   * @param w the filter
   * @param wAt byte position of its first tap
   * @param y memory of both rows of outputs
   * @param upperAt byte position of the upper row's first column
   * @param lowerAt byte position of the lower row's, or -1 when there is only one
   * @param vectors how many
   * @param spare memory for as many columns that may be overwritten
   * @param spareAt its byte position
   */
  void run(
      MemorySegment x,
      long[] rowsAt,
      MemorySegment w,
      long wAt,
      MemorySegment y,
      long upperAt,
      long lowerAt,
      int vectors,
      MemorySegment spare,
      long spareAt);
}
