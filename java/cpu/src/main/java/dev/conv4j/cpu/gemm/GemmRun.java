package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Microkernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One run of a {@link GemmExecutable}: its memory, and what each thread has gathered. */
final class GemmRun {

  private final GemmExecutable plan;
  private final Panels panels;
  private final MemorySegment source;
  private final MemorySegment filter;
  private final TileEpilogue.Bound epilogue;
  private final MemorySegment scratch;
  private final long scratchAt;
  private final long pitch;

  /** For each slot the block whose tiles its scratch holds. */
  private final long[] gathered;

  /**
   * @param source x or dy
   * @param filter packed, from its beginning
   * @param epilogue over the run's memory
   * @param scratch the workspace
   * @param scratchAt where the first slot begins
   */
  GemmRun(
      GemmExecutable plan,
      MemorySegment source,
      MemorySegment filter,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long scratchAt) {
    this.plan = plan;
    this.panels = plan.filter().panels();
    this.source = source;
    this.filter = filter;
    this.epilogue = epilogue;
    this.scratch = scratch;
    this.scratchAt = scratchAt;
    this.pitch = (long) panels.width() * Float.BYTES;
    this.gathered = new long[plan.participants()];
    Arrays.fill(gathered, -1);
  }

  /**
   * Computes some panels of a block. The items of a block follow one another, so a thread seldom
   * gathers for one item only.
   */
  void item(int slot, long item) {
    long place = item / plan.ranges();
    int range = (int) (item % plan.ranges());
    int first = range * plan.panelsPerItem();
    int end = Math.min(first + plan.panelsPerItem(), panels.count());
    int grid = 0;
    long inGrid = place;
    while (inGrid >= plan.blocks(grid)) {
      inGrid -= plan.blocks(grid++);
    }
    GridProduct product = plan.product(grid);
    PointBlock block = plan.block(grid, inGrid);
    long at = scratchAt + slot * plan.slotBytes();
    if (product.depth().segments() > 1) {
      gathered[slot] = -1;
      segments(product, block, first, end, at);
      return;
    }
    if (gathered[slot] != place) {
      product.pixels().pack(source, block, 0, scratch, at);
      gathered[slot] = place;
    }
    long sums = at + plan.pixelBytes();
    for (int panel = first; panel < end; panel++) {
      int stored = multiply(product, block, panel, 0, at, sums, product.store().takesTiles());
      store(product, block, panel, at, sums, stored);
    }
  }

  /** Sums too long for one go: every panel's are kept, and added to segment by segment. */
  private void segments(GridProduct product, PointBlock block, int first, int end, long at) {
    long panelBytes = product.blocking().points() * pitch;
    int count = product.blocking().points() * panels.width();
    long part = at + plan.pixelBytes();
    long sums = part + panelBytes;
    for (int segment = 0; segment < product.depth().segments(); segment++) {
      product.pixels().pack(source, block, segment, scratch, at);
      for (int panel = first; panel < end; panel++) {
        long kept = sums + (panel - first) * panelBytes;
        if (segment == 0) {
          multiply(product, block, panel, segment, at, kept, false);
        } else {
          multiply(product, block, panel, segment, at, part, false);
          plan.kernels().moves().add(scratch, part, scratch, kept, count);
        }
      }
    }
    for (int panel = first; panel < end; panel++) {
      store(product, block, panel, at, sums + (panel - first) * panelBytes, 0);
    }
  }

  /**
   * Multiplies a block's tiles by a panel.
   *
   * @param straight whether whole tiles may go to the result at once
   * @return the points whose sums went there
   */
  private int multiply(
      GridProduct product,
      PointBlock block,
      int panel,
      int segment,
      long at,
      long sumsAt,
      boolean straight) {
    Microkernel kernel = plan.kernel(panel);
    PixelPanels pixels = product.pixels();
    ResultStore store = product.store();
    int rows = kernel.rows();
    int depth = product.depth().depth(segment);
    long column = panels.firstColumn(panel);
    long b = plan.filter().at(block.grid(), block.group(), panel, segment);
    boolean wholePanel = panels.columnsIn(panel) == kernel.columns();
    int whole = straight && wholePanel ? block.count() / rows : 0;
    int tiles = Math.ceilDiv(block.count(), rows);
    for (int tile = 0; tile < tiles; tile++) {
      MemorySegment a = pixels.memory(source, block, tile, scratch);
      long aAt = pixels.tileAt(block, tile, segment, at);
      boolean there = tile < whole;
      MemorySegment c = there ? epilogue.result() : scratch;
      long point = (long) tile * rows;
      long cAt = there ? store.at(block, point, column) : sumsAt + point * pitch;
      long cRow = there ? store.pointStride() : pitch;
      if (pixels.areRows()) {
        long aRow = pixels.pointStride();
        kernel.runRows(depth, a, aAt, aRow, filter, b, c, cAt, cRow);
      } else {
        kernel.run(depth, a, aAt, filter, b, c, cAt, cRow);
      }
    }
    return whole * rows;
  }

  private void store(
      GridProduct product, PointBlock block, int panel, long at, long sumsAt, int stored) {
    ResultStore.Sums sums =
        new ResultStore.Sums(
            block,
            scratch,
            sumsAt,
            pitch,
            panels.firstColumn(panel),
            panels.columnsIn(panel),
            stored);
    long storeAt = at + plan.pixelBytes() + plan.sumBytes();
    product.store().store(sums, epilogue, scratch, storeAt);
  }
}
