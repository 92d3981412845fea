package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Moves;

/**
 * How much of the product a thread takes on at a time: a block of points times a range of panels.
 * Decides speed and scratch, never a bit of the result.
 *
 * @param points points in a block
 * @param panels panels in a work item
 */
record Split(int points, int panels) {

  /** Points in a block at most: their sums of one panel fill half of a first-level cache. */
  private static final int MOST_POINTS = 224;

  /** What one more work item for each thread evens out when others use the machine too. */
  private static final double UNEVEN = 0.15;

  /** Cycles of a microkernel for one product of its tile. */
  private static final double MULTIPLY = 7;

  /** Cycles to gather one product's points of a tile. */
  private static final double GATHER = 5;

  /** The same where points are not neighbours in the source. */
  private static final double GATHER_STRIDED = 15;

  /**
   * Cycles to stream one product's row of a panel, beside the work, from the L2 and from beyond. In
   * a network every panel comes from beyond the first time.
   */
  private static final double STREAM_NEAR = 2;

  private static final double STREAM_FAR = 10;

  /**
   * Chooses the split with the shortest expected time of the thread that ends last.
   *
   * @param rows points of the microkernel's tile
   * @param threads threads that share the run
   * @param cacheBytes a core's second-level cache
   */
  static Split of(GemmView view, FilterPanels filter, int rows, int threads, long cacheBytes) {
    long depth = 1;
    long plane = 0;
    long planes = 0;
    boolean segmented = false;
    double gather = GATHER;
    for (int i = 0; i < view.grids().size(); i++) {
      Grid grid = view.grids().get(i);
      depth = Math.max(depth, filter.depth(i).mostDepth());
      plane = Math.max(plane, grid.plane());
      planes += view.batch() * view.groups() * grid.d().count();
      segmented |= filter.depth(i).segments() > 1;
      gather = grid.w().step() > 1 ? GATHER_STRIDED : gather;
    }
    long planeTiles = Math.ceilDiv(plane, rows);
    long fits = cacheBytes / 2 / (depth * Moves.GROUP_BYTES);
    long most = Math.min(Math.clamp(fits, 1, MOST_POINTS / rows), planeTiles);
    long tileBytes = (long) rows * filter.panels().width() * Float.BYTES;
    Search search =
        new Search(
            planes,
            planeTiles,
            filter.panels().count(),
            threads,
            segmented,
            gather,
            filter.bytes() > cacheBytes / 2 ? STREAM_FAR : STREAM_NEAR,
            cacheBytes / 2 / tileBytes);
    Shape best = search.best(most);
    return new Split((int) best.tiles * rows, best.panels);
  }

  /** A candidate: tiles in a block, panels in an item. */
  private record Shape(long tiles, int panels) {}

  /**
   * The candidates and their price.
   *
   * @param planes planes of points, all together
   * @param planeTiles tiles of a plane
   * @param panels panels of the filter
   * @param segmented whether sums are cut: then an item gathers for itself and keeps its sums
   * @param gather cycles to gather one product's points of a tile
   * @param again cycles to stream one product's row of a panel that the thread has had before
   * @param keptTiles tiles times panels whose sums may be kept
   */
  private record Search(
      long planes,
      long planeTiles,
      int panels,
      int threads,
      boolean segmented,
      double gather,
      double again,
      long keptTiles) {

    Shape best(long mostTiles) {
      Shape best = new Shape(1, 1);
      double least = Double.MAX_VALUE;
      long fewestBlocks = Math.ceilDiv(planeTiles, mostTiles);
      long mostBlocks = Math.min(planeTiles, fewestBlocks + 4L * threads);
      for (long blocks = fewestBlocks; blocks <= mostBlocks; blocks++) {
        long tiles = Math.ceilDiv(planeTiles, blocks);
        for (int ranges = 1; ranges <= Math.min(panels, 8 * threads); ranges++) {
          Shape shape = new Shape(tiles, Math.ceilDiv(panels, ranges));
          boolean kept = !segmented || ranges == panels || tiles * shape.panels <= keptTiles;
          double cost = kept ? cost(shape) : Double.MAX_VALUE;
          if (cost < least) {
            least = cost;
            best = shape;
          }
        }
      }
      return best;
    }

    private double cost(Shape shape) {
      long blocks = planes * Math.ceilDiv(planeTiles, shape.tiles);
      long ranges = Math.ceilDiv(panels, shape.panels);
      // Threads that share a block's ranges each gather it once, unless segments make them repeat.
      long sharing = Math.min(Math.ceilDiv(threads, blocks), ranges);
      double gathers = segmented ? 1 : sharing / (double) ranges;
      double item =
          shape.tiles * shape.panels * MULTIPLY
              + shape.panels * again
              + shape.tiles * gathers * gather;
      long each = Math.ceilDiv(blocks * ranges, (long) threads);
      double first = Math.min(panels, each * shape.panels) * (STREAM_FAR - again);
      double uneven = threads == 1 ? 0 : UNEVEN / each;
      return (each * item + first) * (1 + uneven);
    }
  }
}
