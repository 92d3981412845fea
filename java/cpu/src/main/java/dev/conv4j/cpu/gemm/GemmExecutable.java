package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.BlockedExecutable;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.RowMicrokernel;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Computes a {@link GemmView} block by block: gather, multiply panel by panel, store. */
final class GemmExecutable extends BlockedExecutable {

  private final GemmView view;
  private final Kernels kernels;
  private final FilterPanels filter;
  private final TileEpilogue epilogue;
  private final List<GridProduct> products = new ArrayList<>();
  private final Split split;
  private final long pixelBytes;
  private final long sumBytes;
  private final long slotBytes;

  /**
   * @param explicit whether the unrolled source is written out
   * @param seconds the predicted time
   */
  GemmExecutable(
      CpuContext context,
      GemmView view,
      Kernels kernels,
      boolean explicit,
      TileEpilogue epilogue,
      double seconds) {
    super(context, seconds);
    this.view = view;
    this.kernels = kernels;
    this.filter =
        new FilterPanels(view, Panels.ofColumns(kernels, view.columns()), true, kernels.moves());
    this.epilogue = epilogue;
    this.split =
        Split.of(view, filter, kernels.rows(), participants(), context.processor().l2Bytes());
    long pixels = 0;
    long stores = 0;
    long sums = 0;
    for (int i = 0; i < view.grids().size(); i++) {
      Grid grid = view.grids().get(i);
      Blocking blocking = Blocking.of(grid, split.points(), kernels.rows());
      GridProduct product =
          GridProduct.of(view, grid, filter.depth(i), blocking, kernels, explicit, epilogue);
      products.add(product);
      pixels = Math.max(pixels, product.pixels().scratchBytes());
      stores = Math.max(stores, product.store().scratchBytes());
      int kept = filter.depth(i).segments() > 1 ? split.panels() + 1 : 1;
      sums = Math.max(sums, (long) kept * blocking.points() * kernels.columns() * Float.BYTES);
    }
    this.pixelBytes = aligned(pixels);
    this.sumBytes = aligned(sums);
    this.slotBytes = pixelBytes + sumBytes + aligned(stores);
  }

  /** Returns the blocks of a run. */
  long blocks() {
    long blocks = 0;
    for (int grid = 0; grid < products.size(); grid++) {
      blocks += blocks(grid);
    }
    return blocks;
  }

  @Override
  protected long items() {
    return blocks() * ranges();
  }

  /** Returns the items of a block. */
  int ranges() {
    return Math.ceilDiv(filter.panels().count(), split.panels());
  }

  Kernels kernels() {
    return kernels;
  }

  /** Returns the microkernel of a panel. */
  RowMicrokernel kernel(int panel) {
    return filter.panels().isNarrow(panel) ? kernels.narrow() : kernels.wide();
  }

  FilterPanels filter() {
    return filter;
  }

  GridProduct product(int grid) {
    return products.get(grid);
  }

  /** Returns the blocks of a grid. */
  long blocks(int grid) {
    GridProduct product = products.get(grid);
    return product.blocking().blocks(view, product.grid());
  }

  PointBlock block(int grid, long place) {
    GridProduct product = products.get(grid);
    return product.blocking().block(view, product.grid(), grid, place);
  }

  int panelsPerItem() {
    return split.panels();
  }

  /** Returns the scratch of a thread: gathered tiles, sums, what the store needs. */
  @Override
  protected long slotBytes() {
    return slotBytes;
  }

  long pixelBytes() {
    return pixelBytes;
  }

  long sumBytes() {
    return sumBytes;
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
    boolean own = CpuBlock.isOwn(operands.first());
    GemmRun run =
        new GemmRun(this, source, own, filter, epilogue.bind(operands), scratch, scratchAt);
    return (slot, item) -> run.item(slot);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("tile", kernels.rows() + " x " + kernels.columns());
    facts.put("points per block", Integer.toString(products.getFirst().blocking().points()));
    facts.put("panels per item", Integer.toString(split.panels()));
    facts.put("work items", Long.toString(items()));
    return facts;
  }
}
