package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Panels;

/**
 * How much of the work a thread takes on at a time, and how many cycles that should take. Decides
 * speed and scratch, never a bit of the result. Cycles were measured on one core of a Zen 5 with
 * 512-bit vectors; what matters is their order.
 *
 * @param tiling blocks of tiles
 * @param panels panels in a work item
 * @param rows tiles in a group
 * @param cycles expected, of the thread that ends last
 */
record Cut(Tiling tiling, int panels, int rows, double cycles) {

  /** Tiles in a block at most: enough for each row of a panel that is read from far. */
  private static final int MOST_TILES = 56;

  /** Cycles to transform a tile's vector of channels, for each of its points, in and out. */
  private static final double INPUT = 14;

  private static final double OUTPUT = 10;

  /** Bytes a cycle brings from the second-level cache, and from beyond. */
  private static final double NEAR_BYTES = 48;

  private static final double FAR_BYTES = 12;

  /** What one more work item for each thread evens out when others use the machine too. */
  private static final double UNEVEN = 0.15;

  /**
   * Chooses the cut with the shortest expected time of the thread that ends last.
   *
   * @param context the core it runs on
   * @param sizes tiles that a group may have
   * @param threads threads that share the run
   */
  static Cut of(
      CpuContext context,
      GemmView view,
      Transform transform,
      Panels panels,
      int[] sizes,
      int threads) {
    int lanes = context.vectorBits() / Float.SIZE;
    long rows = Math.ceilDiv(view.grids().getFirst().h().count(), transform.outputs());
    long columns = Math.ceilDiv(view.grids().getFirst().w().count(), transform.outputs());
    long lines = view.batch() * rows;
    Cut best =
        new Cut(new Tiling(view.batch(), rows, columns, 1, 1), 1, sizes[0], Double.MAX_VALUE);
    int mostLines = (int) Math.clamp(MOST_TILES / columns, 1, lines);
    for (int blockLines = 1; blockLines <= mostLines; blockLines++) {
      long pieces = Math.ceilDiv(columns, MOST_TILES);
      int blockColumns = (int) Math.ceilDiv(columns, pieces);
      Tiling tiling = new Tiling(view.batch(), rows, columns, blockLines, blockColumns);
      for (int ranges = 1; ranges <= Math.min(panels.count(), 4 * threads); ranges++) {
        int each = Math.ceilDiv(panels.count(), ranges);
        for (int size : sizes) {
          Geometry geometry = new Geometry(view, transform, tiling, panels, size, lanes);
          double cycles = cycles(context, geometry, each, threads);
          if (cycles < best.cycles) {
            best = new Cut(tiling, each, size, cycles);
          }
        }
      }
    }
    return best;
  }

  private static double cycles(CpuContext context, Geometry g, int panels, int threads) {
    long cacheBytes = context.processor().l2Bytes();
    int ranges = Math.ceilDiv(g.panels().count(), panels);
    long items = g.view().groups() * g.tiling().blocks() * ranges;
    double products = g.transform().products();
    double channels = g.view().channels();
    double tiles = g.tiling().blockTiles();
    double padded = g.paddedTiles();
    double vectors = (double) g.panels().width() / g.lanes();
    double multiply = products * padded * channels * vectors / context.multiplyAdds();
    boolean far =
        g.view().groups()
                * g.transform().products()
                * channels
                * g.panels().paddedColumns()
                * Float.BYTES
            > cacheBytes / 2.0;
    double stream =
        products * channels * vectors * g.vectorBytes() / (far ? FAR_BYTES : NEAR_BYTES);
    double inputBytes = products * g.inputPlane();
    double reread = inputBytes > cacheBytes / 2.0 ? inputBytes / FAR_BYTES : 0;
    double output = tiles * vectors * products * OUTPUT;
    double input = tiles * Math.ceilDiv(g.view().channels(), g.lanes()) * products * INPUT;
    double gathers = Math.min(threads, ranges) / (double) ranges;
    double item =
        panels * (Math.max(multiply, 0.5 * multiply + stream + reread) + output) + input * gathers;
    long each = Math.ceilDiv(items, (long) threads);
    double uneven = threads == 1 ? 0 : UNEVEN / each;
    return each * item * (1 + uneven);
  }
}
