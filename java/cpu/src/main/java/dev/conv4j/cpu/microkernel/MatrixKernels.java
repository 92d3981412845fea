package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.vector.Lanes;
import java.util.function.Supplier;

/**
 * Microkernels of as many rows for products of any points.
 *
 * @param wide for most panels
 * @param narrow for a last panel of few columns
 */
public record MatrixKernels(RowMicrokernel wide, RowMicrokernel narrow) {

  /** What a load costs beside multiply-adds. */
  private static final double LOAD = 0.15;

  /** Returns those of tiles in machine code, or the given ones where there is none. */
  static MatrixKernels of(int rows, int wide, int narrow, Supplier<MatrixKernels> others) {
    return MachineTile.of(rows, wide)
        .flatMap(most -> MachineTile.of(rows, narrow).map(last -> new MatrixKernels(most, last)))
        .orElseGet(others);
  }

  /** Returns whether both read windows. */
  boolean readWindows() {
    return wide instanceof WindowMicrokernel && narrow instanceof WindowMicrokernel;
  }

  /**
   * Returns about how many cycles a product takes, for each product of its sums.
   *
   * @param points rows of the product
   * @param columns its columns
   */
  double cycles(long points, long columns) {
    long whole = columns / wide.columns();
    long rest = columns % wide.columns();
    double last = rest == 0 ? 0 : cycles(rest > narrow.columns() ? wide : narrow);
    return Math.ceilDiv(points, wide.rows()) * (whole * cycles(wide) + last);
  }

  private static double cycles(Microkernel kernel) {
    return cycles(kernel.rows(), (double) kernel.columns() / Lanes.COUNT, 2);
  }

  /**
   * Returns about how many cycles a tile takes for one product.
   *
   * @param rows of the tile
   * @param vectors of each
   * @param multiplyAdds that begin in a cycle
   */
  public static double cycles(int rows, double vectors, int multiplyAdds) {
    return rows * vectors / multiplyAdds + LOAD * (rows + vectors);
  }
}
