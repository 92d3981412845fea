package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.BlockedExecutable;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PackedKernels;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** Packs some points into tiles, segment by segment, and multiplies them by all filters. */
final class PackedExecutable extends BlockedExecutable {

  /** Points of a block at most: a panel's results then stay in the first-level cache. */
  private static final int MOST_POINTS = 512;

  private final GemmView view;
  private final Grid grid;
  private final Moves moves;
  private final PackedKernels kernels;
  private final FilterPanels filter;
  private final TileEpilogue epilogue;
  private final Blocking blocking;
  private final int panelsPerItem;
  private final PointTiles tiles;
  private final long tilesBytes;
  private final long edgeBytes;
  private final long slotBytes;

  PackedExecutable(
      CpuContext context, GemmView view, Kernels all, TileEpilogue epilogue, double seconds) {
    super(context, seconds);
    this.view = view;
    this.grid = view.grids().getFirst();
    this.kernels = all.packedFor(view.columns());
    this.moves = all.moves();
    this.epilogue = epilogue;
    this.filter = new FilterPanels(view, Panels.ofRows(kernels, view.columns()), true, moves);
    this.blocking = blocking();
    int panels = filter.panels().count();
    // Items of one block would each pack all segments.
    this.panelsPerItem =
        depth().segments() > 1 ? panels : filter.panels().perItem(blocks(), itemsWanted());
    this.tiles = new PointTiles(view, grid, depth(), blocking, kernels, moves);
    this.tilesBytes = aligned(tiles.scratchBytes());
    int height = kernels.rows();
    this.edgeBytes = aligned((long) height * kernels.wide().columns() * Float.BYTES);
    long rows = depth().segments() > 1 ? (long) panels * height : height;
    long sums = epilogue.readsResult() ? aligned(rows * blocking.points() * Float.BYTES) : 0;
    this.slotBytes = tilesBytes + edgeBytes + sums;
  }

  /** As many whole tiles as leave room for filters in the second-level cache, all alike. */
  private Blocking blocking() {
    int tile = kernels.wide().columns();
    long points = grid.plane();
    long others = view.batch() * view.groups() * grid.d().count();
    long row = (long) depth().mostDepth() * Float.BYTES;
    long most = Math.clamp(context().processor().l2Bytes() * 3 / 4 / row, tile, MOST_POINTS);
    long wanted = Math.ceilDiv(itemsWanted(), others);
    long blocks = Math.max(Math.ceilDiv(points, most), Math.min(wanted, points / (4L * tile)));
    long tiles = Math.ceilDiv(Math.ceilDiv(points, tile), Math.max(1, blocks));
    return Blocking.of(grid, Math.toIntExact(tiles * tile), tile);
  }

  /** Returns what reads a source ahead. */
  SmallSource smallSource(MemorySegment source) {
    return new SmallSource(context(), source, participants(), moves);
  }

  GemmView view() {
    return view;
  }

  PackedKernels kernels() {
    return kernels;
  }

  Moves moves() {
    return moves;
  }

  FilterPanels filter() {
    return filter;
  }

  /** Returns how sums are cut. */
  Depth depth() {
    return filter.depth(0);
  }

  PointTiles tiles() {
    return tiles;
  }

  /** Returns where in the result a block's first point is for a column, in bytes. */
  long resultAt(PointBlock block, long column) {
    long slice = grid.d().resultStart() + block.slice() * grid.d().resultStep();
    long channel = block.group() * view.columns() + column;
    return (view.result().at(block.n(), channel, slice, 0, 0) + block.first()) * Float.BYTES;
  }

  PointBlock block(long place) {
    return blocking.block(view, grid, 0, place);
  }

  int panelsPerItem() {
    return panelsPerItem;
  }

  /** Returns the items of a block. */
  int ranges() {
    return Math.ceilDiv(filter.panels().count(), panelsPerItem);
  }

  /** Returns the blocks of a run. */
  long blocks() {
    return blocking.blocks(view, grid);
  }

  @Override
  protected long items() {
    return blocks() * ranges();
  }

  /** Returns the bytes of a block's tiles and of what packing them takes. */
  long tilesBytes() {
    return tilesBytes;
  }

  /** Returns the bytes of the results of a tile that is not whole. */
  long edgeBytes() {
    return edgeBytes;
  }

  /** Returns the scratch of a thread: tiles, the results of one, sums kept apart. */
  @Override
  protected long slotBytes() {
    return slotBytes;
  }

  boolean keepsSumsApart() {
    return epilogue.readsResult();
  }

  @Override
  public long packedFilterBytes() {
    return filter.bytes();
  }

  @Override
  protected void pack(Block source, MemorySegment target, Workers workers, int most) {
    filter.pack(source, target, workers, most);
  }

  @Override
  protected Workers.Task begin(
      ConvOperands operands, MemorySegment filter, MemorySegment scratch, long scratchAt) {
    MemorySegment source = CpuBlock.operand(operands.first());
    PackedRun run =
        new PackedRun(this, source, filter, epilogue.bind(operands), scratch, scratchAt);
    return (slot, item) -> run.item(slot);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("tile", kernels.rows() + " x " + kernels.wide().columns());
    facts.put("points per block", Integer.toString(blocking.points()));
    facts.put("planes", tiles.inPlace() ? "in place" : "patch");
    facts.put("panels per item", Integer.toString(panelsPerItem));
    facts.put("work items", Long.toString(items()));
    return facts;
  }
}
