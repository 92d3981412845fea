package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.PlaneKernels;

/**
 * The share of the peak an algorithm should reach, from the cycles its steps take beside the
 * multiply-adds. What matters is their order, so that the planner finds the best algorithm.
 */
final class Estimate {

  /** Long sums read more planes than the caches hold. */
  private static final long LONG_DEPTH = 640;

  /** The same where planes are so short that each is a stream of its own, hardly begun. */
  private static final long LONG_DEPTH_SHORT_PLANES = 320;

  private static final long SHORT_PLANE = 256;

  /** Cycles to copy an element with a stride. */
  private static final double STRIDED_COPY = 0.6;

  /** Points of planes that are so far apart that each waits for its own lines and its own page. */
  private static final double FAR_PLANE = 128;

  /** Cycles to begin copying a row. */
  private static final double ROW = 30;

  private static final long LINE = 64;

  /** Sets of a first-level cache: a page of lines. */
  private static final long SETS = 64;

  /** Lines of a plane in a tile of two vectors, which begins anywhere. */
  private static final double TILE_LINES = 2.5;

  private final Kernels kernels;
  private final Costs costs;
  private final long l1Bytes;

  /** Lanes that all multiply-adds of a cycle have together. */
  private final double perCycle;

  /**
   * @param kernels the innermost loops
   * @param multiplyAdds vector multiply-adds that begin in a cycle
   * @param l1Bytes first-level data cache of a core
   */
  Estimate(Kernels kernels, int multiplyAdds, long l1Bytes) {
    this.kernels = kernels;
    this.l1Bytes = l1Bytes;
    this.costs = Costs.of(kernels, multiplyAdds);
    this.perCycle = kernels.columns() / 2.0 * multiplyAdds;
  }

  /**
   * What was measured on one core.
   *
   * @param gemm the share of the peak of a microkernel on gathered data in the second-level cache
   * @param rows the same for rows of A anywhere
   * @param packed the same where filters are rows and points a panel
   * @param narrow what a panel of one vector reaches of that: too few chains to fill the units
   * @param planes the same for planes read in place; unaligned loads cost the rest
   * @param narrowPlanes the same for a single vector of points
   * @param longPlanes the same for long sums
   * @param farPlanes what is left of the planes' share where a tile of them is more than the first
   *     level of caches holds
   * @param gather cycles to gather a group of points of one product
   * @param scatter cycles to copy an element to a tile
   * @param scatterPairs the same for every second element of a row
   * @param copy cycles to copy an element of a patch or of a row
   * @param transpose cycles to take a sum to its plane, most of which is waiting for memory
   * @param finish cycles to take a sum from scratch to its place among a pixel's channels
   * @param call cycles to enter a microkernel, to load, store and move its sums
   * @param edge more of them where a row of planes or the filters end within a tile, which then
   *     goes through scratch
   */
  private record Costs(
      double gemm,
      double rows,
      double packed,
      double narrow,
      double planes,
      double narrowPlanes,
      double longPlanes,
      double farPlanes,
      double gather,
      double scatter,
      double scatterPairs,
      double copy,
      double transpose,
      double finish,
      double call,
      double edge) {

    /** An Intel server with vectors of 512 bits and all operands in memory. */
    private static final Costs MANY_REGISTERS =
        new Costs(
            0.78, 0.8, 0.78, 0.75, 0.74, 0.42, 0.65, 0.85, 3, 0.35, 0.8, 0.15, 4.5, 0, 60, 120);

    /** A Zen 5 with machine code, which prefetches planes, filters and results. */
    private static final Costs MANY_REGISTERS_PREFETCHING =
        new Costs(
            0.77, 0.735, 0.66, 0.95, 0.72, 0.555, 0.75, 1, 2.5, 0.22, 0.4, 0.4, 1.7, 0, 5, 370);

    /** A Zen 4: its one unit of 512 bits has always work, and waits for nothing else. */
    private static final Costs ONE_UNIT =
        new Costs(0.97, 0.95, 0.97, 0.7, 0.95, 0.72, 0.8, 1, 2.5, 0.3, 0.5, 0.15, 0.6, 0, 60, 120);

    /** The same with machine code, which prefetches planes, filters and results. */
    private static final Costs ONE_UNIT_PREFETCHING =
        new Costs(0.97, 0.96, 0.97, 0.9, 0.98, 0.9, 0.97, 1, 18, 0.3, 0.5, 0.15, 1.5, 0, 60, 120);

    /** A Zen 3: turns are bound by their instructions, and shuffles take one vector. */
    private static final Costs FEW_REGISTERS =
        new Costs(0.85, 0.88, 0.9, 0.75, 0.66, 0.4, 0.47, 1, 3, 0.6, 0.6, 0.15, 1.8, 1.3, 130, 0);

    /** Rows of the tile that 16 registers hold. */
    private static final int FEW_ROWS = 6;

    static Costs of(Kernels kernels, int multiplyAdds) {
      if (kernels.rows() == FEW_ROWS) {
        return FEW_REGISTERS;
      }
      boolean prefetching = kernels.planes().getFirst().wide().prefetches();
      if (multiplyAdds == 1) {
        return prefetching ? ONE_UNIT_PREFETCHING : ONE_UNIT;
      }
      return prefetching ? MANY_REGISTERS_PREFETCHING : MANY_REGISTERS;
    }
  }

  private static double products(GemmView view, Grid grid) {
    return (double) view.channels() * grid.taps();
  }

  private static double points(GemmView view, Grid grid) {
    return (double) view.batch() * view.groups() * grid.d().count() * grid.plane();
  }

  /** Returns the cycles to bring what a grid reads into patches, its points as neighbours. */
  private double patch(GemmView view, Grid grid) {
    return patch(view, grid, grid.w().step() > 1 ? STRIDED_COPY : costs.copy);
  }

  /** The same with so many cycles for an element. */
  private double patch(GemmView view, Grid grid, double perElement) {
    double points = grid.h().count() + grid.h().taps().size() - 1.0;
    double rows = points * Math.min(grid.h().step(), grid.h().taps().size());
    double columns = grid.w().count() + grid.w().taps().size() - 1.0;
    double width = columns * Math.min(grid.w().step(), grid.w().taps().size());
    double copies = (double) view.batch() * grid.d().count() * grid.d().taps().size() * rows;
    double channels = (double) view.groups() * view.channels();
    double begun = view.layout() == Layout.NCHW ? channels : 1;
    return copies * (channels * width * perElement + begun * ROW);
  }

  private double useful(GemmView view) {
    double multiplyAdds = 0;
    for (Grid grid : view.grids()) {
      multiplyAdds += points(view, grid) * view.columns() * products(view, grid);
    }
    return multiplyAdds / perCycle;
  }

  /** Returns the share of the peak of gathered tiles. */
  double ofGemm(GemmView view, boolean explicit) {
    int rows = kernels.rows();
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
      boolean windows =
          !explicit
              && WindowRows.suit(view, grid)
              && kernels.forWindows(grid.plane(), view.columns()).readWindows();
      boolean planes = !windows && (view.layout() == Layout.NCHW || !(view.tapByTap() || inPlace));
      double efficiency = planes ? costs.gemm : costs.rows;
      cycles += tiles * rows * panels.paddedColumns() * depth / perCycle / efficiency;
      cycles += tiles * panels.count() * costs.call;
      double near = Math.min(1, grid.plane() / FAR_PLANE);
      double store = view.layout() == Layout.NCHW ? near * costs.transpose : costs.finish;
      cycles += points(view, grid) * view.columns() * store;
      if (planes) {
        cycles += tiles * depth * costs.gather + (inPlace ? 0 : patch(view, grid));
      } else if (windows) {
        cycles += patch(view, grid, costs.copy);
      } else if (!inPlace) {
        cycles += tiles * rows * depth * costs.copy;
      }
      if (explicit) {
        cycles += tiles * rows * depth * costs.copy;
      }
    }
    return useful(view) / cycles;
  }

  /** Returns the share of the peak of a product whose operands are both packed. */
  double ofPacked(GemmView view) {
    Grid grid = view.grids().getFirst();
    Panels panels = Panels.ofRows(kernels.packedFor(view.columns()), view.columns());
    int columns = kernels.columns();
    int narrow = kernels.narrow().columns();
    double depth = products(view, grid);
    double runs = (double) view.batch() * view.groups() * grid.d().count();
    long rest = grid.plane() % columns;
    double last = rest > narrow ? columns : narrow / costs.narrow;
    double points = grid.plane() - rest + (rest == 0 ? 0 : last);
    double tiles = runs * Math.ceilDiv(grid.plane(), columns);
    double rows = (double) panels.count() * panels.width();
    double cycles = runs * points * rows * depth / perCycle / costs.packed;
    cycles += runs * points * depth * (grid.w().step() > 1 ? costs.scatterPairs : costs.scatter);
    cycles += tiles * panels.count() * costs.call;
    if (!InPlaceRows.fits(grid)) {
      cycles += patch(view, grid);
    }
    return useful(view) / cycles;
  }

  /**
   * What is left of the speed when a tile's lines of all planes do not stay in the first-level
   * cache from one panel of filters to the next. Its sets are those of one page; planes some lines
   * apart meet in few of them.
   */
  private double nearness(GemmView view, Grid grid) {
    long bytes = view.source().channel() * Float.BYTES;
    if (!InPlaceRows.fits(grid) || bytes % LINE != 0) {
      return 1;
    }
    long apart = Math.min(SETS, Long.lowestOneBit(bytes / LINE));
    double planes = (double) l1Bytes / LINE / Math.max((double) apart, TILE_LINES);
    return view.channels() > planes ? costs.farPlanes : 1;
  }

  /** Returns the share of the peak of planes read in place. */
  double ofDirect(GemmView view) {
    Grid grid = view.grids().getFirst();
    PlaneKernels planes = kernels.planesFor(view.columns());
    Panels panels = Panels.ofFilters(planes, view.columns());
    int wide = planes.wide().points();
    int few = planes.narrow().points();
    double depth = products(view, grid);
    long width = grid.w().count();
    long rest = width % wide;
    boolean narrow = rest > 0 && rest <= few;
    double lines = (double) view.batch() * view.groups() * grid.d().count() * grid.h().count();
    double multiplyAdds = lines * panels.paddedColumns() * depth / perCycle;
    long most = grid.plane() < SHORT_PLANE ? LONG_DEPTH_SHORT_PLANES : LONG_DEPTH;
    double share = depth > most ? costs.longPlanes : costs.planes * nearness(view, grid);
    double cycles = multiplyAdds * (width / wide + (rest > 0 && !narrow ? 1 : 0)) * wide / share;
    if (narrow) {
      cycles += multiplyAdds * few / costs.narrowPlanes;
    }
    cycles += lines * panels.count() * Math.ceilDiv(width, wide) * costs.call;
    if (width % few > 0) {
      cycles += lines * panels.count() * costs.edge;
    }
    if (panels.paddedColumns() > view.columns()) {
      cycles += lines * Math.ceilDiv(width, wide) * costs.edge;
    }
    if (!InPlaceRows.fits(grid)) {
      cycles += patch(view, grid);
    }
    return useful(view) / cycles;
  }
}
