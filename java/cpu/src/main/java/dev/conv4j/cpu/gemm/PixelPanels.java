package dev.conv4j.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * The source as the microkernel reads it: for each tile of result points a matrix {@code
 * [product][point]}, gathered into scratch or addressed where it lies. One object for each grid.
 */
interface PixelPanels {

  /** Returns the scratch a block needs, in bytes. */
  long scratchBytes();

  /**
   * Gathers one segment of a block's tiles.
   *
   * @param source x or dy
   * @param block the block
   * @param segment which part of the sums
   * @param scratch the thread's own
   * @param at where it begins
   */
  void pack(MemorySegment source, PointBlock block, int segment, MemorySegment scratch, long at);

  /** Returns the memory that holds a tile: scratch, or the source where it is read in place. */
  default MemorySegment memory(
      MemorySegment source, PointBlock block, int tile, MemorySegment scratch) {
    return scratch;
  }

  /** Returns where in that memory a tile begins. */
  long tileAt(PointBlock block, int tile, int segment, long at);

  /**
   * Returns whether a tile is a row of products for each point, and not a group for each product.
   */
  boolean areRows();

  /** Returns the bytes between points where they are rows. */
  long pointStride();

  /** Returns whether tiles are read where the source lies, if that is the library's own memory. */
  default boolean areInPlace() {
    return false;
  }

  /**
   * Copies a tile that is read in place otherwise.
   *
   * @param scratch the thread's own
   * @param at where the tile goes; {@link #scratchBytes} are enough for one
   */
  default void copy(
      MemorySegment source,
      PointBlock block,
      int tile,
      int segment,
      MemorySegment scratch,
      long at) {
    throw new UnsupportedOperationException("tiles are copies");
  }
}
