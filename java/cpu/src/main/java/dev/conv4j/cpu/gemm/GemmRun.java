package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.RowMicrokernel;
import dev.conv4j.cpu.microkernel.WindowMicrokernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One run of a {@link GemmExecutable}: its memory, and what each thread has gathered. */
final class GemmRun {

  private final GemmExecutable plan;
  private final WorkOrder order;
  private final Panels panels;
  private final MemorySegment source;
  private final boolean ownSource;
  private final MemorySegment filter;
  private final TileEpilogue.Bound epilogue;
  private final MemorySegment scratch;
  private final long scratchAt;
  private final long pitch;

  /** For each slot the block whose tiles its scratch holds. */
  private final long[] gathered;

  /**
   * @param source x or dy
   * @param ownSource whether that is the library's own memory
   * @param filter packed, from its beginning
   * @param epilogue over the run's memory
   * @param scratch the workspace
   * @param scratchAt where the first slot begins
   */
  GemmRun(
      GemmExecutable plan,
      MemorySegment source,
      boolean ownSource,
      MemorySegment filter,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long scratchAt) {
    this.plan = plan;
    this.order = new WorkOrder(plan.blocks(), plan.ranges(), plan.participants());
    this.panels = plan.filter().panels();
    this.source = source;
    this.ownSource = ownSource;
    this.filter = filter;
    this.epilogue = epilogue;
    this.scratch = scratch;
    this.scratchAt = scratchAt;
    this.pitch = (long) panels.width() * Float.BYTES;
    this.gathered = new long[plan.participants()];
    Arrays.fill(gathered, -1);
  }

  /** Computes some panels of a block, those next in the order. */
  void item(int slot) {
    long item = order.next(slot);
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
      if (product.store().takesRows(panels.columnsIn(panel))) {
        multiplyAndFinish(product, block, panel, at, sums);
      } else if (product.store().grain() > 0) {
        multiplyAndStore(product, block, panel, at, sums);
      } else {
        boolean straight = epilogue.isOwn() && product.store().takesTiles();
        int stored = multiply(product, block, panel, 0, at, sums, straight);
        store(product, sums(block, panel, sums, stored), 0, block.count(), at);
      }
    }
  }

  /** Finishes every tile before the next, so that memory is written while sums are computed. */
  private void multiplyAndFinish(
      GridProduct product, PointBlock block, int panel, long at, long sumsAt) {
    int rows = plan.kernel(panel).rows();
    PanelProduct multiply = new PanelProduct(product, block, panel, 0, at);
    for (int point = 0; point < block.count(); point += rows) {
      multiply.tile(point / rows, scratch, sumsAt, pitch);
      // As if all tiles were there, one behind the other.
      ResultStore.Sums sums = sums(block, panel, sumsAt - point * pitch, point);
      store(product, sums, point, Math.min(point + rows, block.count()), at);
    }
  }

  /** Finishes every part of a panel as soon as its last tile is computed. */
  private void multiplyAndStore(
      GridProduct product, PointBlock block, int panel, long at, long sumsAt) {
    ResultStore.Sums sums = sums(block, panel, sumsAt, 0);
    int rows = plan.kernel(panel).rows();
    int grain = product.store().grain();
    int tiles = Math.ceilDiv(block.count(), rows);
    int stored = 0;
    PanelProduct multiply = new PanelProduct(product, block, panel, 0, at);
    for (int i = 0; i < tiles; i++) {
      multiply.tile(i, scratch, sumsAt + (long) i * rows * pitch, pitch);
      int computed = (i + 1) * rows;
      int ready = i == tiles - 1 ? block.count() : computed - computed % grain;
      if (ready > stored) {
        store(product, sums, stored, ready, at);
        stored = ready;
      }
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
      long kept = sums + (panel - first) * panelBytes;
      store(product, sums(block, panel, kept, 0), 0, block.count(), at);
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
    RowMicrokernel kernel = plan.kernel(panel);
    ResultStore store = product.store();
    int rows = kernel.rows();
    long column = panels.firstColumn(panel);
    boolean wholePanel = panels.columnsIn(panel) == kernel.columns();
    int whole = straight && wholePanel ? block.count() / rows : 0;
    int tiles = Math.ceilDiv(block.count(), rows);
    PanelProduct multiply = new PanelProduct(product, block, panel, segment, at);
    long resultAt = whole > 0 ? store.at(block, 0, column) : 0;
    long row = store.pointStride();
    for (int i = 0; i < tiles; i++) {
      long point = (long) i * rows;
      if (i < whole) {
        multiply.tile(i, epilogue.result(), resultAt + point * row, row);
      } else {
        multiply.tile(i, scratch, sumsAt + point * pitch, pitch);
      }
    }
    return whole * rows;
  }

  /** A block's tiles times a panel: what is the same for all tiles is found out once. */
  private final class PanelProduct {

    private final RowMicrokernel kernel;
    private final PixelPanels pixels;
    private final PointBlock block;
    private final int segment;
    private final int depth;
    private final boolean rows;
    private final boolean copies;

    /** Whether tiles bring the rows of the next one, which are read for the first time. */
    private final boolean bringsRows;

    private final long stride;
    private final ReadAhead ahead;
    private final @Nullable WindowRows windows;
    private final long at;

    PanelProduct(GridProduct product, PointBlock block, int panel, int segment, long at) {
      this.kernel = plan.kernel(panel);
      this.pixels = product.pixels();
      this.block = block;
      this.segment = segment;
      this.depth = product.depth().depth(segment);
      this.rows = pixels.areRows();
      this.copies = pixels.areInPlace() && !ownSource;
      this.stride = pixels.pointStride();
      boolean dense = rows && stride == (long) depth * Float.BYTES;
      this.bringsRows = panel == 0 && dense && pixels.areInPlace() && !copies;
      int tiles = Math.ceilDiv(block.count(), kernel.rows());
      int each = kernel.aheadBytes();
      this.ahead = plan.filter().ahead(block.grid(), block.group(), panel, segment, each, tiles);
      this.at = at;
      this.windows = pixels instanceof WindowRows some ? some : null;
    }

    /** Computes one tile. */
    void tile(int tile, MemorySegment c, long cAt, long cRow) {
      if (windows != null) {
        long starts = windows.starts(block, tile, scratch, at);
        MemorySegment places = windows.places(segment);
        ((WindowMicrokernel) kernel)
            .runWindows(
                depth,
                scratch,
                at,
                scratch,
                starts,
                places,
                0,
                filter,
                ahead.panelAt(),
                c,
                cAt,
                cRow,
                filter,
                ahead.position(tile));
        return;
      }
      if (copies) {
        pixels.copy(source, block, tile, segment, scratch, at);
      }
      MemorySegment a = copies ? scratch : pixels.memory(source, block, tile, scratch);
      long aAt = copies ? at : pixels.tileAt(block, tile, segment, at);
      long b = ahead.panelAt();
      long next = ahead.position(tile);
      if (bringsRows) {
        long behind = aAt + kernel.rows() * stride;
        kernel.runRows(depth, a, aAt, stride, filter, b, c, cAt, cRow, a, behind);
      } else if (rows) {
        kernel.runRows(depth, a, aAt, stride, filter, b, c, cAt, cRow, filter, next);
      } else {
        kernel.run(depth, a, aAt, filter, b, c, cAt, cRow, filter, next);
      }
    }
  }

  private ResultStore.Sums sums(PointBlock block, int panel, long sumsAt, int stored) {
    return new ResultStore.Sums(
        block, scratch, sumsAt, pitch, panels.firstColumn(panel), panels.columnsIn(panel), stored);
  }

  private void store(GridProduct product, ResultStore.Sums sums, int from, int to, long at) {
    long storeAt = at + plan.pixelBytes() + plan.sumBytes();
    product.store().store(sums, from, to, epilogue, scratch, storeAt);
  }
}
