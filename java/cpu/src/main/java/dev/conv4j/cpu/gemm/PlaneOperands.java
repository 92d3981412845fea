package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.RowMicrokernel;
import java.lang.foreign.MemorySegment;

/** Channels first: x as rows of a {@link ColumnMatrix}, dy transposed. */
final class PlaneOperands implements GradientOperands {

  private final GemmView view;
  private final Panels panels;
  private final Moves moves;
  private final int tileRows;
  private final ColumnMatrix matrix;
  private final long matrixBytes;
  private final long panelBytes;

  PlaneOperands(FilterGradientView gradient, Panels panels, int points, int rows, Kernels kernels) {
    this.view = gradient.forward();
    this.panels = panels;
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
    this.matrix = new ColumnMatrix(view, gradient.grid(), points, moves);
    this.matrixBytes = (long) rows * matrix.pitch() * Float.BYTES;
    this.panelBytes = (long) points * panels.width() * Float.BYTES;
  }

  @Override
  public long scratchBytes(int count) {
    return matrixBytes + count * panelBytes;
  }

  @Override
  public void pack(
      MemorySegment x,
      MemorySegment dy,
      PointBlock block,
      Part part,
      MemorySegment scratch,
      long at) {
    long channel = block.group() * view.channels();
    matrix.fill(x, block, channel, part.firstRow(), part.endRow(), scratch, at);
    for (int panel = part.firstPanel(); panel < part.endPanel(); panel++) {
      long filter = block.group() * view.columns() + panels.firstColumn(panel);
      long first = view.result().at(block.n(), filter, block.slice(), 0, 0) + block.first();
      moves.transpose(
          dy,
          first * Float.BYTES,
          view.result().channel() * Float.BYTES,
          scratch,
          at + matrixBytes + (panel - part.firstPanel()) * panelBytes,
          (long) panels.widthOf(panel) * Float.BYTES,
          panels.columnsIn(panel),
          block.count());
    }
  }

  @Override
  public void multiply(
      RowMicrokernel kernel,
      int points,
      int tile,
      int panel,
      MemorySegment scratch,
      long at,
      long sumsAt,
      long pitch) {
    long aRow = (long) matrix.pitch() * Float.BYTES;
    long a = at + (long) tile * tileRows * aRow;
    long b = at + matrixBytes + panel * panelBytes;
    kernel.runRows(points, scratch, a, aRow, scratch, b, scratch, sumsAt, pitch, scratch, b);
  }
}
