package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PlaneKernel;
import dev.conv4j.cpu.microkernel.PlaneKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** One run of a {@link DirectExecutable}: its memory, and which patch each thread has. */
final class DirectRun {

  private static final long LINE = 64;

  /** No block. */
  private static final long NOTHING = -1;

  private final DirectExecutable plan;
  private final WorkOrder order;
  private final Panels panels;
  private final Moves moves;
  private final PlaneKernel wide;
  private final PlaneKernel narrow;

  /** Whether the planes of the next block come while one is computed. */
  private final boolean fetches;

  private final int depth;
  private final int[] offsets;
  private final long farthest;

  /** The offsets of a last tile's copied planes. */
  private final int[] restOffsets;

  /** Both as the kernels read them, behind the packed filter. */
  private final MemorySegment places;

  private final MemorySegment restPlaces;

  private final MemorySegment source;
  private final SmallSource small;
  private final MemorySegment filter;
  private final TileEpilogue.Bound epilogue;
  private final MemorySegment scratch;
  private final long scratchAt;

  /** For each slot the block whose patch its scratch holds. */
  private final long[] patched;

  DirectRun(
      DirectExecutable plan,
      MemorySegment source,
      boolean ownSource,
      MemorySegment filter,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long scratchAt) {
    this.plan = plan;
    this.order = new WorkOrder(plan.blocks(), plan.ranges(), plan.participants());
    this.panels = plan.filter().panels();
    this.moves = plan.moves();
    PlaneKernels kernels =
        ownSource && epilogue.isOwn() ? plan.kernels() : plan.kernels().forCallers();
    this.wide = kernels.wide();
    this.narrow = kernels.narrow();
    this.depth = plan.depth();
    this.fetches = plan.bringsAhead() && plan.planes().inPlace();
    this.offsets = plan.offsets();
    this.farthest = plan.farthest();
    this.restOffsets = plan.restOffsets();
    this.source = source;
    this.small = plan.smallSource(source);
    this.filter = filter;
    this.places = plan.places(filter);
    this.restPlaces = plan.restPlaces(filter);
    this.epilogue = epilogue;
    this.scratch = scratch;
    this.scratchAt = scratchAt;
    this.patched = new long[plan.participants()];
    Arrays.fill(patched, -1);
  }

  /** Computes some filters of a block, those next in the order. */
  void item(int slot) {
    long item = order.next(slot);
    long place = item / plan.ranges();
    int first = (int) (item % plan.ranges()) * plan.panelsPerItem();
    int end = Math.min(first + plan.panelsPerItem(), panels.count());
    PointBlock block = plan.block(place);
    long at = scratchAt + slot * plan.slotBytes();
    PlaneSource planes = plan.planes();
    long channel = block.group() * plan.view().channels();
    if (patched[slot] != place) {
      bring(block, place, slot, channel, at);
      patched[slot] = place;
    }
    long from = planes.inPlace() ? planes.firstInPlace(block, channel) * Float.BYTES : at;
    long next = fetches ? firstOf(place + 1) : NOTHING;
    long lines = (long) wide.points() * Float.BYTES / LINE;
    for (int panel = first; panel < end; panel++) {
      boolean brings = next != NOTHING && panel < lines;
      long ahead = brings ? next + panel * LINE : from;
      panel(block, panel, planes.inPlace() ? source : scratch, from, at, ahead);
    }
  }

  /** Brings the planes of a block into the caches, into a patch where they cannot be read as is. */
  private void bring(PointBlock block, long place, int slot, long channel, long at) {
    PlaneSource planes = plan.planes();
    int channels = plan.view().channels();
    boolean isFirst = patched[slot] < 0;
    if (isFirst && !fetches) {
      small.bring(slot, scratch, at);
    }
    if (!planes.inPlace()) {
      planes.fill(source, channel, channels, planes.patch().rows(block), block, scratch, at);
    } else if (fetches ? patched[slot] != place - 1 : !small.isRead()) {
      long first = planes.firstInPlace(block, channel);
      planes.touch(source, first, block, channels, scratch, at + plan.patchBytes());
    }
  }

  /** Returns where a block's first channel is in the source, in bytes, if there is one. */
  private long firstOf(long place) {
    if (place == plan.blocks()) {
      return NOTHING;
    }
    PointBlock block = plan.block(place);
    return plan.planes().firstInPlace(block, block.group() * plan.view().channels()) * Float.BYTES;
  }

  /**
   * Computes one panel of filters.
   *
   * @param ahead what may be prefetched: see {@link PlaneKernel#run}
   */
  private void panel(
      PointBlock block, int panel, MemorySegment from, long fromAt, long at, long ahead) {
    long column = panels.firstColumn(panel);
    int filters = panels.columnsIn(panel);
    boolean apart = plan.keepsSumsApart();
    long resultAt = plan.resultAt(block, column);
    long resultPitch = plan.resultPitch();
    MemorySegment target = apart ? scratch : epilogue.result();
    long tileAt = at + plan.patchBytes();
    long targetAt = apart ? tileAt + plan.tileBytes() + plan.restBytes() : resultAt;
    long pitch = apart ? (long) block.count() * Float.BYTES : resultPitch;
    long weights = plan.filter().at(0, block.group(), panel, 0);
    int whole = filters == wide.filters() ? block.columns() / wide.points() : 0;
    for (int row = 0; row < block.rows(); row++) {
      long line = fromAt + row * plan.planes().rowPitch() * Float.BYTES;
      long to = targetAt + (long) row * block.columns() * Float.BYTES;
      wide.run(
          depth, filter, weights, from, line, places, farthest, target, to, pitch, whole, ahead);
      for (int x = whole * wide.points(); x < block.columns(); x += wide.points()) {
        int points = Math.min(wide.points(), block.columns() - x);
        long bytes = (long) x * Float.BYTES;
        tile(weights, from, line + bytes, target, to + bytes, pitch, filters, points, tileAt);
      }
    }
    epilogue.byRow(
        target,
        targetAt,
        pitch,
        resultAt,
        resultPitch,
        filters,
        block.count(),
        block.group() * plan.view().columns() + column,
        1);
  }

  /** Computes one tile at an edge, by way of scratch where it is not whole. */
  private void tile(
      long weights,
      MemorySegment from,
      long fromAt,
      MemorySegment target,
      long to,
      long pitch,
      int filters,
      int points,
      long tileAt) {
    PlaneKernel kernel = points > narrow.points() ? wide : narrow;
    boolean whole = points == kernel.points() && filters == kernel.filters();
    MemorySegment c = whole ? target : scratch;
    long cAt = whole ? to : tileAt;
    long cRow = whole ? pitch : (long) wide.points() * Float.BYTES;
    long reads = (long) kernel.points() * Float.BYTES;
    if (fromAt + farthest + reads > from.byteSize()) {
      long restAt = tileAt + plan.tileBytes();
      for (int k = 0; k < depth; k++) {
        moves.copy(from, fromAt + offsets[k], 1, scratch, restAt + restOffsets[k], points);
      }
      long last = restOffsets[depth - 1];
      kernel.run(
          depth, filter, weights, scratch, restAt, restPlaces, last, c, cAt, cRow, 1, restAt);
    } else {
      kernel.run(depth, filter, weights, from, fromAt, places, farthest, c, cAt, cRow, 1, fromAt);
    }
    for (int i = 0; !whole && i < filters; i++) {
      moves.copy(scratch, tileAt + i * cRow, 1, target, to + i * pitch, points);
    }
  }
}
