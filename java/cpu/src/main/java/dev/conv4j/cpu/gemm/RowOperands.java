package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.RowMicrokernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Channels last: a row of channels for each point and tap, regrouped by tiles; dy row by row. */
final class RowOperands implements GradientOperands {

  private static final int LINE = 16;

  private final GemmView view;
  private final Grid grid;
  private final Panels panels;
  private final Moves moves;
  private final int tileRows;
  private final int pitch;
  private final int[] offsets;
  private final long matrixBytes;
  private final long tileBytes;
  private final long tilesBytes;
  private final long panelBytes;

  RowOperands(FilterGradientView gradient, Panels panels, int points, int rows, Kernels kernels) {
    this.view = gradient.forward();
    this.grid = gradient.grid();
    this.panels = panels;
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
    // A line more: tiles are read in groups of more rows than they have.
    this.pitch = Math.ceilDiv(rows, LINE) * LINE + LINE;
    this.offsets = new int[points];
    Arrays.setAll(offsets, point -> Math.multiplyExact(point, pitch * Float.BYTES));
    this.matrixBytes = (long) points * pitch * Float.BYTES;
    this.tileBytes = points * Moves.GROUP_BYTES;
    this.tilesBytes = Math.ceilDiv(rows, tileRows) * tileBytes;
    this.panelBytes = (long) points * panels.width() * Float.BYTES;
  }

  @Override
  public long scratchBytes(int count) {
    return matrixBytes + tilesBytes + count * panelBytes;
  }

  @Override
  public void pack(
      MemorySegment x,
      MemorySegment dy,
      PointBlock block,
      Part part,
      MemorySegment scratch,
      long at) {
    long width = grid.w().count();
    long row = block.first() / width;
    long column = block.first() % width;
    for (int point = 0; point < block.count(); point++) {
      point(x, block, row, column, part, scratch, at + offsets[point]);
      if (++column == width) {
        column = 0;
        row++;
      }
    }
    long tiles = at + matrixBytes;
    for (int first = 0; first < part.endRow() - part.firstRow(); first += tileRows) {
      long base = at + (long) first * Float.BYTES;
      moves.gather(scratch, base, 1, offsets, block.count(), scratch, tiles);
      tiles += tileBytes;
    }
    for (int panel = part.firstPanel(); panel < part.endPanel(); panel++) {
      long to = at + matrixBytes + tilesBytes + (panel - part.firstPanel()) * panelBytes;
      panel(dy, block, panel, scratch, to);
    }
  }

  /** Copies the channels and taps of one point. */
  private void point(
      MemorySegment x,
      PointBlock block,
      long row,
      long column,
      Part part,
      MemorySegment scratch,
      long at) {
    int channels = view.channels();
    int heights = grid.h().taps().size();
    int widths = grid.w().taps().size();
    int index = part.firstRow();
    while (index < part.endRow()) {
      int tap = index / channels;
      int channel = index % channels;
      int run = Math.min(channels - channel, part.endRow() - index);
      long z = position(grid.d(), block.slice(), tap / (heights * widths));
      long y = position(grid.h(), row, tap / widths % heights);
      long w = position(grid.w(), column, tap % widths);
      long to = at + (long) (index - part.firstRow()) * Float.BYTES;
      if (z < 0 || y < 0 || w < 0) {
        moves.zero(scratch, to, run);
      } else {
        long from = view.source().at(block.n(), block.group() * channels + channel, z, y, w);
        moves.copy(x, from * Float.BYTES, 1, scratch, to, run);
      }
      index += run;
    }
  }

  private static long position(GridAxis axis, long point, int tap) {
    return axis.resolve(point * axis.step() + axis.offsets().get(tap));
  }

  private void panel(
      MemorySegment dy, PointBlock block, int panel, MemorySegment scratch, long at) {
    long filter = block.group() * view.columns() + panels.firstColumn(panel);
    long first =
        view.result().at(block.n(), filter, block.slice(), 0, 0)
            + block.first() * view.result().w();
    long row = (long) panels.widthOf(panel) * Float.BYTES;
    for (int point = 0; point < block.count(); point++) {
      long from = (first + point * view.result().w()) * Float.BYTES;
      moves.copy(dy, from, 1, scratch, at + point * row, panels.columnsIn(panel));
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
      long rowPitch) {
    long a = at + matrixBytes + tile * tileBytes;
    long b = at + matrixBytes + tilesBytes + panel * panelBytes;
    kernel.run(points, scratch, a, scratch, b, scratch, sumsAt, rowPitch);
  }
}
