package dev.conv4j.cpu.winograd;

import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Grid;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.MatrixKernels;

/**
 * How much of the work a thread takes on at a time, and how many cycles that should take. Decides
 * speed and scratch, never a bit of the result. Cycles were measured on one core of a Zen 5 with
 * 512-bit vectors; what matters is their order.
 *
 * @param tiling blocks of tiles
 * @param panels panels in a work item
 * @param rows tiles in a group
 * @param cycles expected, of the thread that ends last, were all groups as quick as any
 * @param turns the same with what the size of a group costs; decides between cuts only
 */
record Cut(Tiling tiling, int panels, int rows, double cycles, double turns) {

  /** Tiles in a block at most: enough for each row of a panel that is read from far. */
  private static final int MOST_TILES = 56;

  /** Cycles to transform a tile's vector of channels, for each of its points, in and out. */
  private static final double INPUT = 14;

  private static final double OUTPUT = 10;

  /** Cycles to enter a microkernel and to store its sums. */
  private static final double CALL = 60;

  /**
   * What the load of a vector costs more where a panel is more than the first-level cache keeps.
   */
  private static final double FAR_LOAD = 0.6;

  /** The share of that cache that a panel may fill. */
  private static final double KEPT = 0.5;

  /** Cycles to bring the sums of a block's tiles for one channel into its plane. */
  private static final double PLANE = 200;

  /** Bytes a cycle brings from the second-level cache, and from beyond. */
  private static final double NEAR_BYTES = 32;

  private static final double FAR_BYTES = 12;

  /**
   * The share of the second-level cache that filter, scratch and images may fill. Beyond it scratch
   * has been pushed out when the next run comes, and is written from far.
   */
  private static final double CROWDED = 0.9;

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
    Tiling first = new Tiling(view.batch(), rows, columns, 1, 1);
    Cut best = new Cut(first, 1, sizes[0], Double.MAX_VALUE, Double.MAX_VALUE);
    int mostLines = (int) Math.clamp(MOST_TILES / columns, 1, lines);
    for (int blockLines = 1; blockLines <= mostLines; blockLines++) {
      long pieces = Math.ceilDiv(columns, MOST_TILES);
      int blockColumns = (int) Math.ceilDiv(columns, pieces);
      Tiling tiling = new Tiling(view.batch(), rows, columns, blockLines, blockColumns);
      for (int ranges = 1; ranges <= Math.min(panels.count(), 4 * threads); ranges++) {
        int each = Math.ceilDiv(panels.count(), ranges);
        for (int size : sizes) {
          Geometry geometry = new Geometry(view, transform, tiling, panels, size, lanes);
          double turns =
              cycles(context, geometry, each, threads, multiply(context, geometry, true));
          if (turns < best.turns) {
            double multiply = multiply(context, geometry, false);
            double cycles = cycles(context, geometry, each, threads, multiply);
            best = new Cut(tiling, each, size, cycles, turns);
          }
        }
      }
    }
    return best;
  }

  /** Returns the bytes of an image and its result. */
  private static double imageBytes(GemmView view) {
    Grid grid = view.grids().getFirst();
    double source = (double) view.channels() * grid.h().extent() * grid.w().extent();
    double result = (double) view.columns() * grid.h().count() * grid.w().count();
    return view.groups() * (source + result) * Float.BYTES;
  }

  /** Returns the cycles that the products of a block and a panel take. */
  private static double multiply(CpuContext context, Geometry g, boolean turns) {
    double vectors = (double) g.panels().width() / g.lanes();
    int rows = g.tileRows();
    double groups = (double) g.paddedTiles() / rows * g.transform().products();
    int channels = g.view().channels();
    int each = context.multiplyAdds();
    if (!turns) {
      return groups * channels * rows * vectors / each;
    }
    double panelBytes = channels * vectors * g.vectorBytes();
    double far = panelBytes > KEPT * context.processor().l1Bytes() ? FAR_LOAD * vectors : 0;
    return groups * (channels * (MatrixKernels.cycles(rows, vectors, each) + far) + CALL);
  }

  private static double cycles(
      CpuContext context, Geometry g, int panels, int threads, double multiply) {
    long cacheBytes = context.processor().l2Bytes();
    int ranges = Math.ceilDiv(g.panels().count(), panels);
    long items = g.view().groups() * g.tiling().blocks() * ranges;
    double products = g.transform().products();
    double channels = g.view().channels();
    // Alone a thread has the last block, which may have fewer lines; else another is waited for.
    double full = threads == 1 ? g.tiling().fullness() : 1;
    double tiles = full * g.tiling().blockTiles();
    double vectors = (double) g.panels().width() / g.lanes();
    double filterBytes =
        g.view().groups() * products * channels * g.panels().paddedColumns() * Float.BYTES;
    double panelBytes = products * channels * vectors * g.vectorBytes();
    double near = panelBytes / NEAR_BYTES;
    double far = filterBytes > cacheBytes / 2.0 ? panelBytes / FAR_BYTES : near;
    double inputBytes = products * g.inputPlane();
    double reread = inputBytes > cacheBytes / 2.0 ? inputBytes / FAR_BYTES : 0;
    double output = tiles * vectors * products * OUTPUT;
    double input = tiles * Math.ceilDiv(g.view().channels(), g.lanes()) * products * INPUT;
    double gathers = Math.min(threads, ranges) / (double) ranges;
    double store = g.view().layout() == Layout.NCHW ? g.panels().width() * PLANE : 0;
    double multiplied = full * multiply;
    double product = Math.max(multiplied + near, 0.5 * multiplied + far + reread);
    double item = panels * (product + output + store) + input * gathers;
    long each = Math.ceilDiv(items, (long) threads);
    double uneven = threads == 1 ? 0 : UNEVEN / each;
    double scratchBytes = inputBytes + products * g.productPlane();
    boolean crowded = filterBytes + scratchBytes + imageBytes(g.view()) > CROWDED * cacheBytes;
    double scratch = crowded ? scratchBytes / FAR_BYTES : 0;
    return (each * item + scratch) * (1 + uneven);
  }
}
