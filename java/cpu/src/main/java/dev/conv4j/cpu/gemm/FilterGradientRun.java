package dev.conv4j.cpu.gemm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.RowMicrokernel;
import java.lang.foreign.MemorySegment;

/** One run of a {@link FilterGradientExecutable}. */
final class FilterGradientRun {

  private final FilterGradientExecutable plan;
  private final FilterGradientView view;
  private final Panels panels;
  private final Moves moves;
  private final MemorySegment x;
  private final MemorySegment dy;
  private final TileEpilogue.Bound epilogue;
  private final MemorySegment scratch;
  private final long pitch;

  FilterGradientRun(
      FilterGradientExecutable plan,
      MemorySegment x,
      MemorySegment dy,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch) {
    this.plan = plan;
    this.view = plan.view();
    this.panels = plan.panels();
    this.moves = plan.kernels().moves();
    this.x = x;
    this.dy = dy;
    this.epilogue = epilogue;
    this.scratch = scratch;
    this.pitch = (long) panels.width() * Float.BYTES;
  }

  /** Computes some rows and panels of a group. */
  void item(int slot, long item) {
    long group = item / plan.itemsOfGroup();
    GradientOperands.Part part = plan.part((int) (item % plan.itemsOfGroup()));
    long at = slot * plan.slotBytes();
    long block = plan.operandBytes() + at;
    long sums = block + plan.panelSumBytes();
    long blocks = plan.blocks();
    for (long place = 0; place < blocks; place++) {
      PointBlock points = plan.block(group, place);
      plan.operands().pack(x, dy, points, part, scratch, at);
      for (int panel = part.firstPanel(); panel < part.endPanel(); panel++) {
        long kept = sums + (panel - part.firstPanel()) * plan.panelSumBytes();
        multiply(points, part, panel, at, place == 0 ? kept : block);
        if (place > 0) {
          int count = (part.endRow() - part.firstRow()) * panels.width();
          moves.add(scratch, block, scratch, kept, count);
        }
      }
    }
    for (int panel = part.firstPanel(); panel < part.endPanel(); panel++) {
      long kept = sums + (panel - part.firstPanel()) * plan.panelSumBytes();
      store(group, part, panel, kept, at + plan.storeAt());
    }
  }

  private void multiply(
      PointBlock points, GradientOperands.Part part, int panel, long at, long sumsAt) {
    RowMicrokernel kernel =
        panels.isNarrow(panel) ? plan.kernels().narrow() : plan.kernels().wide();
    int rows = kernel.rows();
    int tiles = Math.ceilDiv(part.endRow() - part.firstRow(), rows);
    int place = panel - part.firstPanel();
    for (int tile = 0; tile < tiles; tile++) {
      long to = sumsAt + (long) tile * rows * pitch;
      plan.operands().multiply(kernel, points.count(), tile, place, scratch, at, to, pitch);
    }
  }

  /** Takes a panel's sums to dw, whose filters are rows. */
  private void store(long group, GradientOperands.Part part, int panel, long sumsAt, long storeAt) {
    int rows = part.endRow() - part.firstRow();
    int filters = panels.columnsIn(panel);
    long filter = group * view.forward().columns() + panels.firstColumn(panel);
    long resultAt =
        (filter * view.filterStride() + (view.inOrder() ? part.firstRow() : 0)) * Float.BYTES;
    long resultPitch = view.filterStride() * Float.BYTES;
    boolean apart = plan.keepsSumsApart();
    MemorySegment target = apart ? scratch : epilogue.result();
    long targetAt = apart ? storeAt : resultAt;
    long targetPitch = apart ? (long) rows * Float.BYTES : resultPitch;
    if (view.inOrder()) {
      moves.transpose(scratch, sumsAt, pitch, target, targetAt, targetPitch, rows, filters);
    } else {
      permute(sumsAt, storeAt, rows, filters);
    }
    epilogue.byRow(target, targetAt, targetPitch, resultAt, resultPitch, filters, rows, filter, 1);
  }

  private void permute(long sumsAt, long to, int rows, int filters) {
    for (int filter = 0; filter < filters; filter++) {
      long line = to + (long) filter * rows * Float.BYTES;
      for (int row = 0; row < rows; row++) {
        float value =
            scratch.get(JAVA_FLOAT_UNALIGNED, sumsAt + row * pitch + (long) filter * Float.BYTES);
        scratch.set(JAVA_FLOAT_UNALIGNED, line + (long) view.places()[row] * Float.BYTES, value);
      }
    }
  }
}
