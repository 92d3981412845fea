package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.RowMicrokernel;
import java.lang.foreign.MemorySegment;

/** Both sides of a filter gradient, gathered for a block of points. */
interface GradientOperands {

  /**
   * Part of a filter gradient.
   *
   * @param firstRow the first row
   * @param endRow the end of the rows
   * @param firstPanel the first panel of filters
   * @param endPanel the end of the panels
   */
  record Part(int firstRow, int endRow, int firstPanel, int endPanel) {}

  /** Returns the scratch a block needs, in bytes. */
  long scratchBytes(int panels);

  /**
   * Gathers a block.
   *
   * @param x the input
   * @param dy the output's gradient
   * @param block the points
   * @param part what is computed of dw
   * @param scratch the thread's own
   * @param at where it begins
   */
  void pack(
      MemorySegment x,
      MemorySegment dy,
      PointBlock block,
      Part part,
      MemorySegment scratch,
      long at);

  /**
   * Multiplies some rows by a panel.
   *
   * @param kernel for the panel
   * @param points points of the block
   * @param tile the rows' place in the part, in tiles
   * @param panel the panel's place in the part
   * @param at where the gathered block begins
   * @param sumsAt where the tile goes
   * @param pitch bytes between its rows
   */
  void multiply(
      RowMicrokernel kernel,
      int points,
      int tile,
      int panel,
      MemorySegment scratch,
      long at,
      long sumsAt,
      long pitch);
}
