package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.gemm.PointBlock;
import dev.conv4j.cpu.gemm.ResultStore;
import dev.conv4j.cpu.microkernel.LineKernel;
import java.lang.foreign.MemorySegment;

/**
 * Takes a panel's products back from the points, {@code Y[row][column][channel] = Aᵀ·M·A}, and to
 * the result.
 */
final class OutputStage {

  private final Geometry geometry;
  private final Transform transform;
  private final ResultStore store;
  private final GridAxis height;
  private final GridAxis width;
  private final long vector;
  private final long pitch;
  private final long linesBytes;
  private final long edgeBytes;
  private final long sumBytes;

  OutputStage(Geometry geometry, ResultStore store) {
    this.geometry = geometry;
    this.transform = geometry.transform();
    this.store = store;
    this.height = geometry.grid().h();
    this.width = geometry.grid().w();
    this.vector = geometry.vectorBytes();
    this.pitch = geometry.productPitch();
    int m = transform.outputs();
    this.linesBytes = (long) m * transform.points() * geometry.tiling().blockColumns() * vector;
    this.edgeBytes = m * pitch;
    this.sumBytes = blockPoints(geometry) * pitch;
  }

  /** Returns the most result points of a block. */
  static long blockPoints(Geometry geometry) {
    int m = geometry.transform().outputs();
    long columns =
        Math.min(geometry.grid().w().count(), (long) geometry.tiling().blockColumns() * m);
    return (long) geometry.tiling().blockLines() * m * columns;
  }

  /** Returns the scratch of a thread, in bytes. */
  long scratchBytes() {
    return linesBytes + edgeBytes + sumBytes + store.scratchBytes();
  }

  /**
   * Transforms a panel of a block and stores it.
   *
   * @param group the group
   * @param panel the panel
   * @param products where its products are
   * @param at {@link #scratchBytes} bytes
   */
  void run(
      Tiling.Block block,
      long group,
      int panel,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long products,
      long at) {
    int m = transform.outputs();
    long firstColumn = block.column() * m;
    int columns = (int) Math.min((long) block.columns() * m, width.count() - firstColumn);
    for (int line = 0; line < block.lines(); ) {
      int count = geometry.tiling().linesOfImage(block, line);
      long row = geometry.tiling().row(block.line() + line) * m;
      int rows = (int) Math.min((long) count * m, height.count() - row);
      long sums = at + linesBytes + edgeBytes;
      for (int i = 0; i < count; i++) {
        long from = products + (long) (line + i) * block.columns() * pitch;
        int wanted = Math.min(m, rows - i * m);
        long to = sums + (long) i * m * columns * pitch;
        for (int v = 0; v < geometry.panels().widthOf(panel) / geometry.lanes(); v++) {
          transform(block, columns, wanted, scratch, from + v * vector, at, to + v * vector);
        }
      }
      long image = geometry.tiling().image(block.line() + line);
      store(image, group, row, rows, firstColumn, columns, panel, epilogue, scratch, sums);
      line += count;
    }
  }

  /** Transforms a line of tiles, along height and then along width. */
  private void transform(
      Tiling.Block block,
      int columns,
      int rows,
      MemorySegment scratch,
      long from,
      long lines,
      long to) {
    LineKernel kernel = transform.output();
    int m = transform.outputs();
    int points = transform.points();
    int tiles = block.columns();
    long plane = geometry.productPlane();
    long tileLine = tiles * vector;
    for (int j = 0; j < points; j++) {
      long source = from + j * plane;
      long target = lines + j * tileLine;
      long step = points * plane;
      kernel.run(scratch, source, step, pitch, scratch, target, points * tileLine, vector, tiles);
    }
    int whole = columns / m;
    for (int i = 0; i < rows; i++) {
      long line = lines + tileLine * i * points;
      long row = to + pitch * i * columns;
      kernel.run(scratch, line, tileLine, vector, scratch, row, pitch, m * pitch, whole);
      if (whole < tiles) {
        long last = row + pitch * whole * m;
        edge(
            scratch,
            line + whole * vector,
            tileLine,
            lines + linesBytes,
            last,
            columns - whole * m);
      }
    }
  }

  /** Transforms a tile that reaches over the result's edge, and keeps what is inside. */
  private void edge(
      MemorySegment scratch, long from, long step, long between, long to, int columns) {
    transform.output().run(scratch, from, step, vector, scratch, between, pitch, 0, 1);
    for (int i = 0; i < columns; i++) {
      MemorySegment.copy(scratch, between + i * pitch, scratch, to + i * pitch, vector);
    }
  }

  private void store(
      long image,
      long group,
      long row,
      int rows,
      long column,
      int columns,
      int panel,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long sumsAt) {
    boolean whole = columns == width.count();
    int runs = whole ? 1 : rows;
    int count = whole ? rows * columns : columns;
    for (int run = 0; run < runs; run++) {
      long first = (row + run) * width.count() + column;
      PointBlock points =
          new PointBlock(
              0, image, group, 0, row + run, column, first, count, whole ? rows : 1, columns);
      ResultStore.Sums sums =
          new ResultStore.Sums(
              points,
              scratch,
              sumsAt + (long) run * columns * pitch,
              pitch,
              geometry.panels().firstColumn(panel),
              geometry.panels().columnsIn(panel),
              0);
      store.store(sums, 0, count, epilogue, scratch, sumsAt + sumBytes);
    }
  }
}
