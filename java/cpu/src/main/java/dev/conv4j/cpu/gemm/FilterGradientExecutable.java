package dev.conv4j.cpu.gemm;

import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.CostModel;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.Executable;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Computes a {@link FilterGradientView}: a thread owns some rows and panels of dw and goes through
 * all blocks of points in order, adding up each block's products. Blocks depend on the problem
 * alone, so sums do not depend on how dw was cut.
 */
final class FilterGradientExecutable implements Executable<ConvOperands> {

  private static final long ALIGNMENT = 64;

  /** Points of a block at most: long enough to make adding up cheap, short enough for the cache. */
  private static final int POINTS = 448;

  /** Rows of dw in an item at most. */
  private static final int ROWS = 448;

  /** Panels of dw in an item at most: their sums stay in the second-level cache. */
  private static final int PANELS = 8;

  private static final int ITEMS = 4;

  private final CpuContext context;
  private final FilterGradientView view;
  private final Kernels kernels;
  private final TileEpilogue epilogue;
  private final Panels panels;
  private final Blocking blocking;
  private final GradientOperands operands;
  private final int participants;
  private final int rowsPerItem;
  private final int panelsPerItem;
  private final long panelSumBytes;
  private final long operandBytes;

  FilterGradientExecutable(
      CpuContext context,
      FilterGradientView view,
      Kernels kernels,
      TileEpilogue epilogue,
      double seconds) {
    this.context = context;
    this.view = view;
    this.kernels = kernels;
    this.epilogue = epilogue;
    this.panels = Panels.ofColumns(kernels, view.forward().columns());
    this.blocking = Blocking.of(view.grid(), POINTS, 1);
    this.participants = Math.min(context.workers().threads(), CostModel.participants(seconds));
    int tile = kernels.rows();
    int rows = Math.ceilDiv(view.rows(), tile) * tile;
    int perItem = Math.min(PANELS, panels.count());
    // Rows that lie in dw in another order are put there all at once.
    int rowsEach = view.inOrder() ? Math.min(rows, ROWS / tile * tile) : rows;
    long wanted = participants == 1 ? 1 : (long) participants * ITEMS;
    long others = view.forward().groups();
    while (others * Math.ceilDiv(rows, rowsEach) * Math.ceilDiv(panels.count(), perItem) < wanted) {
      if (view.inOrder() && rowsEach > 8 * tile) {
        rowsEach = Math.ceilDiv(rowsEach / 2, tile) * tile;
      } else if (perItem > 1) {
        perItem = (perItem + 1) / 2;
      } else {
        break;
      }
    }
    this.rowsPerItem = rowsEach;
    this.panelsPerItem = perItem;
    this.operands =
        view.forward().layout() == Layout.NCHW
            ? new PlaneOperands(view, panels, blocking.points(), rowsEach, kernels)
            : new RowOperands(view, panels, blocking.points(), rowsEach, kernels);
    this.panelSumBytes = aligned((long) rowsEach * kernels.columns() * Float.BYTES);
    this.operandBytes = aligned(operands.scratchBytes(perItem));
  }

  private static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  FilterGradientView view() {
    return view;
  }

  Kernels kernels() {
    return kernels;
  }

  Panels panels() {
    return panels;
  }

  GradientOperands operands() {
    return operands;
  }

  /** Returns whether the finished sums are put in scratch before they go to dw. */
  boolean keepsSumsApart() {
    return epilogue.readsResult() || !view.inOrder();
  }

  /** Returns the bytes of a thread's gathered operands. */
  long operandBytes() {
    return operandBytes;
  }

  /** Returns the bytes of a panel's sums. */
  long panelSumBytes() {
    return panelSumBytes;
  }

  /** Returns where in a thread's scratch a panel is put in dw's order. */
  long storeAt() {
    // One panel more than an item has, for a block's own sums.
    return operandBytes + (panelsPerItem + 1) * panelSumBytes;
  }

  long slotBytes() {
    return storeAt() + (keepsSumsApart() ? panelSumBytes : 0);
  }

  /** Returns the blocks of points of a group. */
  long blocks() {
    return view.forward().batch() * view.grid().d().count() * blocking.count();
  }

  PointBlock block(long group, long place) {
    long slices = view.grid().d().count();
    long rest = place / blocking.count();
    return blocking.block(0, rest / slices, group, rest % slices, place % blocking.count());
  }

  int itemsOfGroup() {
    return rowRanges() * panelRanges();
  }

  /** Returns what an item computes of a group. */
  GradientOperands.Part part(int item) {
    int row = item / panelRanges() * rowsPerItem;
    int panel = item % panelRanges() * panelsPerItem;
    return new GradientOperands.Part(
        row,
        Math.min(row + rowsPerItem, view.rows()),
        panel,
        Math.min(panel + panelsPerItem, panels.count()));
  }

  private int rowRanges() {
    return Math.ceilDiv(view.rows(), rowsPerItem);
  }

  private int panelRanges() {
    return Math.ceilDiv(panels.count(), panelsPerItem);
  }

  private long items() {
    return view.forward().groups() * itemsOfGroup();
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return Math.min(participants, items()) * slotBytes();
  }

  @Override
  public void run(ConvOperands memory) {
    Block workspace = memory.workspace();
    if (workspace == null) {
      throw new IllegalStateException("a run without its workspace");
    }
    FilterGradientRun run =
        new FilterGradientRun(
            this,
            CpuBlock.operand(memory.first()),
            CpuBlock.operand(memory.second()),
            epilogue.bind(memory),
            CpuBlock.segment(workspace));
    context.workers().run(items(), participants, run::item);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("tile", kernels.rows() + " x " + kernels.columns());
    facts.put("points per block", Integer.toString(blocking.points()));
    facts.put("rows per item", Integer.toString(rowsPerItem));
    facts.put("panels per item", Integer.toString(panelsPerItem));
    facts.put("work items", Long.toString(items()));
    return facts;
  }
}
