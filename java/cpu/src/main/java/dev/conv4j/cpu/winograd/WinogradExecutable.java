package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.algorithm.BlockedExecutable;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.gemm.ReadAhead;
import dev.conv4j.cpu.gemm.ResultStore;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;

/** Computes block by block: transform in, multiply point by point, transform out. */
final class WinogradExecutable extends BlockedExecutable {

  private final GroupProduct product;
  private final Geometry geometry;
  private final TransformedFilter filter;
  private final InputStage input;
  private final OutputStage output;
  private final TileEpilogue epilogue;
  private final int panelsPerItem;

  /** Within a thread's scratch: what the stages need, the transformed input, the products. */
  private final long inputAt;

  private final long productsAt;
  private final long slotBytes;

  /**
   * @param seconds the predicted time
   */
  WinogradExecutable(
      CpuContext context,
      GemmView view,
      Transform transform,
      Kernels kernels,
      TileEpilogue epilogue,
      double seconds) {
    super(context, seconds);
    int lanes = context.vectorBits() / Float.SIZE;
    Panels panels = Panels.ofColumns(kernels, view.columns());
    this.epilogue = epilogue;
    int[] sizes = GroupProduct.rows(kernels);
    Cut cut = Cut.of(context, view, transform, panels, sizes, participants());
    this.panelsPerItem = cut.panels();
    this.geometry = new Geometry(view, transform, cut.tiling(), panels, cut.rows(), lanes);
    this.product = new GroupProduct(kernels, panels, view.channels(), cut.rows());
    this.filter = new TransformedFilter(view, transform, panels, kernels.moves(), lanes);
    this.input = new InputStage(geometry, kernels.moves());
    int points = Math.toIntExact(OutputStage.blockPoints(geometry));
    this.output =
        new OutputStage(geometry, ResultStore.of(view, geometry.grid(), points, kernels, epilogue));
    this.inputAt = aligned(Math.max(input.scratchBytes(), output.scratchBytes()));
    this.productsAt = inputAt + aligned(transform.products() * geometry.inputPlane());
    this.slotBytes = productsAt + aligned(transform.products() * geometry.productPlane());
  }

  private int ranges() {
    return Math.ceilDiv(geometry.panels().count(), panelsPerItem);
  }

  @Override
  protected long slotBytes() {
    return slotBytes;
  }

  @Override
  protected long items() {
    return geometry.view().groups() * geometry.tiling().blocks() * ranges();
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
    InputStage.Image source = input.image(operands.first());
    Run run = new Run(source, filter, epilogue.bind(operands), scratch, scratchAt, participants());
    return (slot, item) -> item(run, slot, item);
  }

  /** One run: its memory, and what each thread has transformed. */
  private static final class Run {

    final InputStage.Image source;
    final MemorySegment filter;
    final TileEpilogue.Bound epilogue;
    final MemorySegment scratch;
    final long scratchAt;

    /** For each slot one more than the place of the block whose input it holds. */
    final long[] transformed;

    Run(
        InputStage.Image source,
        MemorySegment filter,
        TileEpilogue.Bound epilogue,
        MemorySegment scratch,
        long scratchAt,
        int slots) {
      this.source = source;
      this.filter = filter;
      this.epilogue = epilogue;
      this.scratch = scratch;
      this.scratchAt = scratchAt;
      this.transformed = new long[slots];
    }
  }

  /** Computes some panels of a block. */
  private void item(Run run, int slot, long item) {
    long place = item / ranges();
    int first = (int) (item % ranges()) * panelsPerItem;
    int end = Math.min(first + panelsPerItem, geometry.panels().count());
    long group = place / geometry.tiling().blocks();
    Tiling.Block block = geometry.tiling().block(place % geometry.tiling().blocks());
    long at = run.scratchAt + slot * slotBytes;
    if (run.transformed[slot] != place + 1) {
      input.run(run.source, block, group, run.scratch, at, at + inputAt);
      run.transformed[slot] = place + 1;
    }
    for (int panel = first; panel < end; panel++) {
      multiply(run, block, group, panel, at);
      output.run(block, group, panel, run.epilogue, run.scratch, at + productsAt, at);
    }
  }

  private void multiply(Run run, Tiling.Block block, long group, int panel, long at) {
    long groupPitch = geometry.groupPitch();
    long productPitch = geometry.productPitch();
    int rows = geometry.tileRows();
    int groups = Math.ceilDiv(block.tiles(), rows);
    for (int point = 0; point < geometry.transform().products(); point++) {
      ReadAhead ahead = filter.ahead(group, panel, point, product.aheadBytes(panel), groups);
      long a = at + inputAt + point * geometry.inputPlane();
      long c = at + productsAt + point * geometry.productPlane();
      for (int i = 0; i < groups; i++) {
        product.run(
            panel,
            run.scratch,
            a + i * groupPitch,
            run.filter,
            ahead.panelAt(),
            run.scratch,
            c + (long) i * rows * productPitch,
            productPitch,
            ahead.position(i));
      }
    }
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    Transform transform = geometry.transform();
    facts.put("tile", "F(" + transform.outputs() + ", " + transform.taps() + ")");
    facts.put("tiles at a time", Integer.toString(geometry.tileRows()));
    facts.put("tiles per block", Integer.toString(geometry.tiling().blockTiles()));
    facts.put("panels per item", Integer.toString(panelsPerItem));
    facts.put("work items", Long.toString(items()));
    return facts;
  }
}
