package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Moves;

/**
 * How much of the product a thread takes on at a time. A block's tiles stay in the second-level
 * cache while the panels stream past them; with more threads blocks get smaller, then the panels of
 * one block are shared out. Decides speed and scratch, never a bit of the result.
 *
 * @param points points in a block
 * @param panels panels in a work item
 */
record Split(int points, int panels) {

  /** Points in a block at most: their sums of one panel fill half of a first-level cache. */
  private static final int MOST_POINTS = 224;

  /** Work items for each thread that even out their ends. */
  private static final int ITEMS = 6;

  /** Panels whose sums are kept when they are added up in segments. */
  private static final int KEPT = 32;

  /** Above this many columns gathering is cheap beside the products, and blocks may share it. */
  private static final int MANY_COLUMNS = 192;

  static Split of(GemmView view, FilterPanels filter, int rows, int threads, long cacheBytes) {
    Panels panels = filter.panels();
    long depth = 1;
    long plane = 0;
    long tilesLeft = 0;
    boolean segmented = false;
    for (int i = 0; i < view.grids().size(); i++) {
      Grid grid = view.grids().get(i);
      depth = Math.max(depth, filter.depth(i).mostDepth());
      plane = Math.max(plane, grid.plane());
      segmented |= filter.depth(i).segments() > 1;
      tilesLeft +=
          view.batch() * view.groups() * grid.d().count() * Math.ceilDiv(grid.plane(), rows);
    }
    long tiles = Math.clamp(cacheBytes / 2 / (depth * Moves.GROUP_BYTES), 1, MOST_POINTS / rows);
    tiles = Math.min(tiles, Math.ceilDiv(plane, rows));
    int perItem = segmented ? Math.min(KEPT, panels.count()) : panels.count();
    long wanted = threads == 1 ? 1 : (long) threads * ITEMS;
    if (view.columns() < MANY_COLUMNS) {
      tiles = Math.clamp(tilesLeft / wanted, 1, tiles);
    }
    long blocks = Math.ceilDiv(tilesLeft, tiles);
    while (perItem > 1 && blocks * Math.ceilDiv(panels.count(), perItem) < wanted) {
      perItem = (perItem + 1) / 2;
    }
    if (blocks * Math.ceilDiv(panels.count(), perItem) < wanted) {
      tiles = Math.clamp(tilesLeft * Math.ceilDiv(panels.count(), perItem) / wanted, 1, tiles);
    }
    return new Split((int) tiles * rows, perItem);
  }
}
