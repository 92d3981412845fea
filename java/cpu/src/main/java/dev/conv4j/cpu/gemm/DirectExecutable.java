package dev.conv4j.cpu.gemm;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.conv4j.cpu.algorithm.BlockedExecutable;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PlaneKernels;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Computes some rows of a slice at a time: all filters over planes that stay in cache. */
final class DirectExecutable extends BlockedExecutable {

  /** Points of a block at most. */
  private static final long MOST_POINTS = 4096;

  /** Points of planes of which pieces are too short to be brought one by one. */
  private static final long SHORT_PLANE = 256;

  private final GemmView view;
  private final PlaneKernels kernels;
  private final Moves moves;
  private final FilterPanels filter;
  private final TileEpilogue epilogue;
  private final Grid grid;
  private final Blocking blocking;
  private final PlaneSource planes;
  private final int[] offsets;
  private final int[] restOffsets;
  private final int panelsPerItem;
  private final long patchBytes;
  private final long tileBytes;
  private final long restBytes;
  private final long slotBytes;

  /** Behind the packed panels: where products are, in the planes and in a last tile's copy. */
  private final long placesAt;

  private final long restPlacesAt;

  DirectExecutable(
      CpuContext context, GemmView view, Kernels all, TileEpilogue epilogue, double seconds) {
    super(context, seconds);
    this.view = view;
    this.kernels = all.planesFor(view.columns());
    this.moves = all.moves();
    this.epilogue = epilogue;
    Panels panels = Panels.ofFilters(kernels, view.columns());
    this.filter = new FilterPanels(view, panels, false, moves);
    this.grid = view.grids().getFirst();
    this.blocking = blocking();
    this.planes = new PlaneSource(view, grid, blocking, moves, 1);
    this.offsets = planes.offsets(view.channels());
    this.panelsPerItem = filter.panels().perItem(blocking.blocks(view, grid), itemsWanted());
    long vectors = (long) kernels.wide().points() * Float.BYTES;
    this.patchBytes = aligned(planes.patchBytes(view.channels()) + vectors);
    this.tileBytes = aligned(panels.width() * vectors);
    this.restBytes = planes.inPlace() ? aligned(filter.depth(0).total() * vectors) : 0;
    long sums =
        epilogue.readsResult()
            ? aligned((long) blocking.points() * panels.width() * Float.BYTES)
            : 0;
    this.restOffsets = new int[planes.inPlace() ? offsets.length : 0];
    Arrays.setAll(restOffsets, k -> Math.toIntExact(k * vectors));
    this.slotBytes = patchBytes + tileBytes + restBytes + sums;
    this.placesAt = aligned(filter.bytes());
    this.restPlacesAt = placesAt + aligned(places(offsets.length));
  }

  /**
   * Whole rows, as many as keep their planes in cache, or pieces of one. Where the next piece comes
   * while one is computed, both must fit beside filters and results; no smaller, for a call with
   * few tiles is dear.
   */
  private Blocking blocking() {
    long cache = context().processor().l2Bytes() / (bringsAhead() ? 8 : 2) / Float.BYTES;
    long rows = Math.max(1, grid.d().taps().size());
    long width = grid.w().count();
    long most = Math.clamp(cache / (view.channels() * rows), 1, MOST_POINTS);
    int vectors = kernels.wide().points();
    if (width > most) {
      long tiles = Math.ceilDiv(width, vectors);
      long pieces = Math.ceilDiv(tiles, Math.max(1, most / vectors));
      int points = (int) Math.ceilDiv(tiles, pieces) * vectors;
      if (width > points) {
        return new Blocking(grid.h().count(), width, points);
      }
    }
    long fitting = Math.max(1, most / width - (grid.h().taps().size() - 1));
    long others = view.batch() * view.groups() * grid.d().count();
    long evenly = Math.max(1, grid.h().count() * others / itemsWanted());
    long blocks = Math.ceilDiv(grid.h().count(), Math.min(fitting, evenly));
    return new Blocking(
        grid.h().count(), width, (int) (Math.ceilDiv(grid.h().count(), blocks) * width));
  }

  /** Returns the bytes of a table of places: the compiler's check is for one more. */
  private static long places(int products) {
    return (products + 1L) * Long.BYTES;
  }

  /**
   * Returns whether the planes of the next block come while one is computed, if in place. Short
   * planes come sooner as one stream.
   */
  boolean bringsAhead() {
    boolean isLine = grid.taps() == 1 && grid.h().count() == 1;
    return kernels.wide().prefetches() && isLine && grid.w().count() > SHORT_PLANE;
  }

  /** Returns where products are in the planes, in a packed filter. */
  MemorySegment places(MemorySegment packed) {
    return packed.asSlice(placesAt, places(offsets.length));
  }

  /** Returns where products are in a last tile's copied planes, in a packed filter. */
  MemorySegment restPlaces(MemorySegment packed) {
    return packed.asSlice(restPlacesAt, places(restOffsets.length));
  }

  /** Returns the products in each sum. */
  int depth() {
    return offsets.length;
  }

  /** Returns where in the result a block's first point is for a column, in bytes. */
  long resultAt(PointBlock block, long column) {
    long first =
        view.result().at(block.n(), block.group() * view.columns() + column, block.slice(), 0, 0);
    return (first + block.first()) * Float.BYTES;
  }

  /** Returns the bytes between channels of the result. */
  long resultPitch() {
    return view.result().channel() * Float.BYTES;
  }

  PointBlock block(long place) {
    return blocking.block(view, grid, 0, place);
  }

  /** Returns what reads a source ahead. */
  SmallSource smallSource(MemorySegment source) {
    return new SmallSource(context(), source, participants(), moves);
  }

  GemmView view() {
    return view;
  }

  PlaneKernels kernels() {
    return kernels;
  }

  Moves moves() {
    return moves;
  }

  FilterPanels filter() {
    return filter;
  }

  PlaneSource planes() {
    return planes;
  }

  int[] offsets() {
    return offsets;
  }

  /** Returns the greatest offset. */
  long farthest() {
    return Arrays.stream(offsets).max().orElse(0);
  }

  /** Returns the offsets in a last tile's copied planes. */
  int[] restOffsets() {
    return restOffsets;
  }

  int panelsPerItem() {
    return panelsPerItem;
  }

  /** Returns the items of a block. */
  int ranges() {
    return Math.ceilDiv(filter.panels().count(), panelsPerItem);
  }

  /** Returns the scratch of a thread: patch, a tile, a last tile's planes, sums kept apart. */
  @Override
  protected long slotBytes() {
    return slotBytes;
  }

  long patchBytes() {
    return patchBytes;
  }

  long tileBytes() {
    return tileBytes;
  }

  long restBytes() {
    return restBytes;
  }

  boolean keepsSumsApart() {
    return epilogue.readsResult();
  }

  /** Returns the blocks of a run. */
  long blocks() {
    return blocking.blocks(view, grid);
  }

  @Override
  protected long items() {
    return blocks() * ranges();
  }

  @Override
  public long packedFilterBytes() {
    return restPlacesAt + places(restOffsets.length);
  }

  @Override
  protected void pack(Block source, MemorySegment target, Workers workers, int most) {
    filter.pack(source, target, workers, most);
    write(offsets, places(target));
    write(restOffsets, restPlaces(target));
  }

  private static void write(int[] offsets, MemorySegment places) {
    for (int k = 0; k <= offsets.length; k++) {
      long place = k < offsets.length ? offsets[k] : 0;
      places.set(JAVA_LONG_UNALIGNED, (long) k * Long.BYTES, place);
    }
  }

  @Override
  protected Workers.Task begin(
      ConvOperands operands, MemorySegment filter, MemorySegment scratch, long scratchAt) {
    MemorySegment source = CpuBlock.operand(operands.first());
    boolean own = CpuBlock.isOwn(operands.first());
    DirectRun run =
        new DirectRun(this, source, own, filter, epilogue.bind(operands), scratch, scratchAt);
    return (slot, item) -> run.item(slot);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("tile", kernels.filters() + " x " + kernels.wide().points());
    facts.put("points per block", Integer.toString(blocking.points()));
    facts.put("planes", planes.inPlace() ? "in place" : "patch");
    facts.put("work items", Long.toString(items()));
    return facts;
  }
}
