package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Microkernel;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PackedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One run of a {@link PackedExecutable}: its memory, and which tiles each thread has packed. */
final class PackedRun {

  private final PackedExecutable plan;
  private final WorkOrder order;
  private final Panels panels;
  private final Moves moves;
  private final PackedKernels kernels;
  private final int rows;
  private final int columns;
  private final long resultPitch;
  private final MemorySegment source;
  private final SmallSource small;
  private final MemorySegment filter;
  private final TileEpilogue.Bound epilogue;
  private final MemorySegment scratch;
  private final long scratchAt;

  /** For each slot the block whose tiles its scratch holds. */
  private final long[] packed;

  PackedRun(
      PackedExecutable plan,
      MemorySegment source,
      MemorySegment filter,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long scratchAt) {
    this.plan = plan;
    this.order = new WorkOrder(plan.blocks(), plan.ranges(), plan.participants());
    this.panels = plan.filter().panels();
    this.kernels = epilogue.isOwn() ? plan.kernels() : plan.kernels().forCallers();
    this.rows = kernels.rows();
    this.columns = kernels.wide().columns();
    this.moves = plan.moves();
    this.resultPitch = plan.view().result().channel() * Float.BYTES;
    this.source = source;
    this.small = plan.smallSource(source);
    this.filter = filter;
    this.epilogue = epilogue;
    this.scratch = scratch;
    this.scratchAt = scratchAt;
    this.packed = new long[plan.participants()];
    Arrays.fill(packed, -1);
  }

  /** Computes some filters of a block, those next in the order. */
  void item(int slot) {
    long item = order.next(slot);
    long place = item / plan.ranges();
    int first = (int) (item % plan.ranges()) * plan.panelsPerItem();
    int end = Math.min(first + plan.panelsPerItem(), panels.count());
    PointBlock block = plan.block(place);
    long at = scratchAt + slot * plan.slotBytes();
    int segments = plan.depth().segments();
    for (int segment = 0; segment < segments; segment++) {
      if (segments > 1 || packed[slot] != place) {
        if (packed[slot] < 0) {
          small.bring(slot, scratch, at);
        }
        plan.tiles().pack(source, block, segment, scratch, at);
        packed[slot] = place;
      }
      for (int panel = first; panel < end; panel++) {
        Sums sums = sums(block, panel, panel - first, at);
        multiply(block, panel, segment, sums, at);
        if (segment == segments - 1) {
          finish(block, panel, sums);
        }
      }
    }
  }

  /** Where the sums of a panel are: in the result, or in scratch where it must not be written. */
  private record Sums(MemorySegment memory, long at, long pitch) {}

  private Sums sums(PointBlock block, int panel, int kept, long at) {
    if (!plan.keepsSumsApart()) {
      long resultAt = plan.resultAt(block, panels.firstColumn(panel));
      return new Sums(epilogue.result(), resultAt, resultPitch);
    }
    long pitch = (long) block.count() * Float.BYTES;
    long skipped = plan.depth().segments() > 1 ? (long) kept * rows * pitch : 0;
    return new Sums(scratch, at + plan.tilesBytes() + plan.edgeBytes() + skipped, pitch);
  }

  /** Multiplies one segment of a panel of filters by all tiles. */
  private void multiply(PointBlock block, int panel, int segment, Sums sums, long at) {
    int depth = plan.depth().depth(segment);
    int filters = panels.columnsIn(panel);
    long row = (long) columns * Float.BYTES;
    boolean straight = segment == 0 && filters == rows;
    long edgeAt = at + plan.tilesBytes();
    int tiles = Math.ceilDiv(block.count(), columns);
    int each = kernels.wide().aheadBytes();
    ReadAhead ahead = plan.filter().ahead(0, block.group(), panel, segment, each, tiles);
    long weights = ahead.panelAt();
    for (int point = 0; point < block.count(); point += columns) {
      int points = Math.min(columns, block.count() - point);
      long tile = at + point / columns * plan.tiles().tileBytes();
      long to = sums.at + (long) point * Float.BYTES;
      Microkernel kernel = kernels.of(points);
      if (straight && points == kernel.columns()) {
        long next = ahead.position(point / columns);
        kernel.run(
            depth, filter, weights, scratch, tile, sums.memory, to, sums.pitch, filter, next);
        continue;
      }
      kernel.run(depth, filter, weights, scratch, tile, scratch, edgeAt, row);
      for (int i = 0; i < filters; i++) {
        if (segment == 0) {
          moves.copy(scratch, edgeAt + i * row, 1, sums.memory, to + i * sums.pitch, points);
        } else {
          moves.add(scratch, edgeAt + i * row, sums.memory, to + i * sums.pitch, points);
        }
      }
    }
  }

  private void finish(PointBlock block, int panel, Sums sums) {
    long column = panels.firstColumn(panel);
    epilogue.byRow(
        sums.memory,
        sums.at,
        sums.pitch,
        plan.resultAt(block, column),
        resultPitch,
        panels.columnsIn(panel),
        block.count(),
        block.group() * plan.view().columns() + column,
        1);
  }
}
