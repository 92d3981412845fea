package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.microkernel.Kernels;

/**
 * The share of the peak an algorithm should reach, from the cycles its steps take beside the
 * multiply-adds. Costs were measured on one core of a Zen 5 with 512-bit vectors; what matters is
 * their order, so that the planner finds the best algorithm.
 */
final class Estimate {

  /** The share of the peak a microkernel reaches on data in the second-level cache. */
  private static final double GEMM = 0.9;

  /** The same for rows of A anywhere. */
  private static final double GEMM_ROWS = 0.8;

  /** The same where both operands are packed. */
  private static final double PACKED = 0.95;

  /** The same for planes read in place; unaligned loads cost the rest. */
  private static final double PLANES = 0.92;

  /** A single vector of points: too few chains to fill the units. */
  private static final double NARROW_PLANES = 0.5;

  /** Long sums read more planes than the caches hold. */
  private static final double LONG_PLANES = 0.6;

  private static final long LONG_DEPTH = 640;

  /** With 16 registers a turn over planes has half as many instructions again as one over tiles. */
  private static final double FEW_REGISTERS = 0.78;

  private static final int MANY_FILTERS = 8;

  /** The same where planes are so short that each is a stream of its own, hardly begun. */
  private static final long LONG_DEPTH_SHORT_PLANES = 320;

  private static final long SHORT_PLANE = 256;

  /** Cycles to gather a group of points of one product. */
  private static final double GATHER = 2;

  /** Cycles to copy an element of a patch or of a row. */
  private static final double COPY = 0.15;

  /** Cycles to copy an element with a stride. */
  private static final double STRIDED_COPY = 0.6;

  /** Cycles to transpose an element. */
  private static final double TRANSPOSE = 0.6;

  /** Cycles to enter a microkernel, to load, store and move its sums. */
  private static final double CALL = 60;

  private Estimate() {}

  private static double products(GemmView view, Grid grid) {
    return (double) view.channels() * grid.taps();
  }

  private static double points(GemmView view, Grid grid) {
    return (double) view.batch() * view.groups() * grid.d().count() * grid.plane();
  }

  /** Returns the cycles to bring what a grid reads into patches. */
  private static double patch(GemmView view, Grid grid) {
    double rows = grid.h().count() + grid.h().taps().size() - 1.0;
    double columns = grid.w().count() + grid.w().taps().size() - 1.0;
    double elements =
        (double) view.batch()
            * view.groups()
            * view.channels()
            * grid.d().count()
            * grid.d().taps().size()
            * rows
            * columns
            * Math.min(grid.h().step(), grid.h().taps().size())
            * Math.min(grid.w().step(), grid.w().taps().size());
    return elements * (grid.w().step() > 1 ? STRIDED_COPY : COPY);
  }

  private static double useful(GemmView view, double multiplyAddsPerCycle) {
    double multiplyAdds = 0;
    for (Grid grid : view.grids()) {
      multiplyAdds += points(view, grid) * view.columns() * products(view, grid);
    }
    return multiplyAdds / multiplyAddsPerCycle;
  }

  /** Returns the share of the peak of gathered tiles. */
  static double ofGemm(GemmView view, Kernels kernels, boolean explicit) {
    int rows = kernels.rows();
    double perCycle = kernels.columns();
    Panels panels = Panels.ofColumns(kernels, view.columns());
    double cycles = 0;
    for (Grid grid : view.grids()) {
      double depth = products(view, grid);
      double tiles =
          (double) view.batch()
              * view.groups()
              * grid.d().count()
              * Math.ceilDiv(grid.plane(), rows);
      boolean inPlace = InPlaceRows.fits(grid);
      boolean planes = view.layout() == Layout.NCHW || !(view.tapByTap() || inPlace);
      double efficiency = planes ? GEMM : GEMM_ROWS;
      cycles += tiles * rows * panels.paddedColumns() * depth / perCycle / efficiency;
      cycles += tiles * panels.count() * CALL;
      if (view.layout() == Layout.NCHW) {
        cycles += points(view, grid) * view.columns() * TRANSPOSE;
      }
      if (planes) {
        cycles += tiles * depth * GATHER + (inPlace ? 0 : patch(view, grid));
      } else if (!inPlace) {
        cycles += tiles * rows * depth * COPY;
      }
      if (explicit) {
        cycles += tiles * rows * depth * COPY;
      }
    }
    return useful(view, perCycle) / cycles;
  }

  /** Returns the share of the peak of a product whose operands are both packed. */
  static double ofPacked(GemmView view, Kernels kernels) {
    Grid grid = view.grids().getFirst();
    Panels panels = Panels.ofRows(kernels, view.columns());
    int columns = kernels.columns();
    int narrow = kernels.narrow().columns();
    double depth = products(view, grid);
    double runs = (double) view.batch() * view.groups() * grid.d().count();
    long rest = grid.plane() % columns;
    double points = grid.plane() - rest + (rest == 0 ? 0 : rest > narrow ? columns : narrow * 1.5);
    double tiles = runs * Math.ceilDiv(grid.plane(), columns);
    double rows = (double) panels.count() * panels.width();
    double cycles = runs * points * rows * depth / columns / PACKED;
    double copy = grid.w().step() > 1 ? STRIDED_COPY / 2 : COPY;
    cycles += runs * points * depth * copy;
    cycles += tiles * panels.count() * CALL;
    if (!InPlaceRows.fits(grid)) {
      cycles += patch(view, grid);
    }
    return useful(view, columns) / cycles;
  }

  /** Returns the share of the peak of planes read in place. */
  static double ofDirect(GemmView view, Kernels kernels) {
    Grid grid = view.grids().getFirst();
    Panels panels = Panels.ofFilters(kernels, view.columns());
    int wide = kernels.plane().points();
    double depth = products(view, grid);
    long width = grid.w().count();
    long rest = width % wide;
    boolean narrow = rest > 0 && rest <= kernels.narrowPlane().points();
    double lines = (double) view.batch() * view.groups() * grid.d().count() * grid.h().count();
    double multiplyAdds = lines * panels.paddedColumns() * depth / wide;
    long most = grid.plane() < SHORT_PLANE ? LONG_DEPTH_SHORT_PLANES : LONG_DEPTH;
    double share = depth > most ? LONG_PLANES : PLANES;
    share *= kernels.plane().filters() < MANY_FILTERS ? FEW_REGISTERS : 1;
    double cycles = multiplyAdds * (width / wide + (rest > 0 && !narrow ? 1 : 0)) * wide / share;
    if (narrow) {
      cycles += multiplyAdds * kernels.narrowPlane().points() / NARROW_PLANES;
    }
    cycles += lines * panels.count() * Math.ceilDiv(width, wide) * CALL;
    if (!InPlaceRows.fits(grid)) {
      cycles += patch(view, grid);
    }
    return useful(view, wide) / cycles;
  }
}
