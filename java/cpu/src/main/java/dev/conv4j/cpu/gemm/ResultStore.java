package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;
import java.lang.foreign.MemorySegment;

/** Takes the sums of a panel of a block to the result, through the epilogue. One for each grid. */
public interface ResultStore {

  /**
   * Where the sums of a panel are, and what they belong to.
   *
   * @param block the points
   * @param memory {@code [point][column]}
   * @param at the first sum
   * @param pitch bytes between points
   * @param column the first column within the group
   * @param columns how many
   * @param stored points at the block's beginning whose sums are in the result already
   */
  record Sums(
      PointBlock block,
      MemorySegment memory,
      long at,
      long pitch,
      long column,
      int columns,
      int stored) {}

  /**
   * Returns the store of a grid.
   *
   * @param points points in a block at most
   */
  static ResultStore of(
      GemmView view, Grid grid, int points, Kernels kernels, TileEpilogue epilogue) {
    if (view.layout() == Layout.NHWC) {
      return new RowStore(view, grid, epilogue);
    }
    return grid.isDense()
        ? new PlaneStore(view, grid, points, kernels, epilogue)
        : new ScatterStore(view, grid, points, kernels);
  }

  /** Returns the scratch a block needs, in bytes. */
  long scratchBytes();

  /** Returns whether the microkernel may write whole tiles of whole panels to the result. */
  boolean takesTiles();

  /**
   * Returns whether points of so many columns are finished best as soon as they are computed, be
   * their sums anywhere.
   */
  default boolean takesRows(int columns) {
    return false;
  }

  /** Returns where in the result a point's column is, in bytes. */
  long at(PointBlock block, long point, long column);

  /** Returns the bytes between points of the result where tiles are taken. */
  long pointStride();

  /**
   * Returns how many points make a part that may be finished before the rest of its panel is
   * computed, or 0 where a panel is finished as a whole.
   */
  default int grain() {
    return 0;
  }

  /**
   * Finishes a panel, or a part of it.
   *
   * @param sums the sums
   * @param from the first point
   * @param to behind the last point
   * @param epilogue over the run's memory
   * @param scratch the thread's own
   * @param at where it begins
   */
  void store(
      Sums sums, int from, int to, TileEpilogue.Bound epilogue, MemorySegment scratch, long at);
}
