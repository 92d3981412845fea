package dev.conv4j.cpu.winograd;

import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.Transpose;
import dev.conv4j.spi.Block;
import java.lang.foreign.MemorySegment;

/**
 * Takes a block's pixels to the points: {@code V[point][group][channel][tile] = Bᵀ·d·B}, with tiles
 * in groups as the microkernel reads them. A vector's worth of channels at a time: their pixels are
 * brought into order {@code [row][column][channel]}, whole lines of tiles are transformed along
 * height, so that neighbours share that work. As soon as there are lines enough for whole groups,
 * tiles are transformed along width and transposed, a row of points at a time.
 */
final class InputStage {

  private static final LineKernel COPY = new CopyPixels();

  /** For the library's own memory. */
  private static final LineKernel OWN_COPY = Transform.kernel(Formulas.copy(), () -> COPY);

  private final Geometry geometry;
  private final Strides source;
  private final Transform transform;
  private final GridAxis height;
  private final GridAxis width;

  /** The source's row under the first tile's first tap, and its column. */
  private final long firstRow;

  private final long firstColumn;
  private final Moves moves;
  private final Transpose grouping;
  private final long vector;
  private final long patchBytes;
  private final long lineStep;

  /** Bytes of a line of tiles, of all its points along height. */
  private final long linePlane;

  /** Bytes of a point's tiles before they are grouped. */
  private final long tilesStep;

  /** Lines of tiles that make whole groups, or all of a block. */
  private final int linesTogether;

  InputStage(Geometry geometry, Moves moves) {
    this.geometry = geometry;
    this.source = geometry.view().source();
    this.transform = geometry.transform();
    this.height = geometry.grid().h();
    this.width = geometry.grid().w();
    this.firstRow = Geometry.origin(height);
    this.firstColumn = Geometry.origin(width);
    this.moves = moves;
    this.grouping = moves.transposeOf(true);
    this.vector = geometry.vectorBytes();
    long columns = Math.min(width.extent(), geometry.patchColumns());
    this.patchBytes = geometry.patchRows() * columns * vector;
    this.lineStep = geometry.patchColumns() * vector;
    this.linePlane = transform.points() * lineStep;
    Tiling tiling = geometry.tiling();
    this.linesTogether = Math.min(tiling.blockLines(), linesOfGroups(tiling.blockColumns()));
    long groups = Math.ceilDiv((long) linesTogether * tiling.blockColumns(), geometry.tileRows());
    // A group is read as more rows than it has.
    this.tilesStep = ((groups - 1) * geometry.tileRows() + Moves.GROUP) * vector;
  }

  /** Returns how many lines make whole groups of tiles. */
  private int linesOfGroups(int columns) {
    int lines = 1;
    while (lines * columns % geometry.tileRows() != 0) {
      lines++;
    }
    return lines;
  }

  /** Returns the scratch a block needs beside its transformed input, in bytes. */
  long scratchBytes() {
    return patchBytes + linesTogether * linePlane + transform.points() * tilesStep;
  }

  /**
   * What a run transforms.
   *
   * @param memory x or dy
   * @param copy what copies its pixels
   * @param transpose what transposes its planes
   */
  record Image(MemorySegment memory, LineKernel copy, Transpose transpose) {}

  /** Returns how a run's x or dy is read. */
  Image image(Block block) {
    boolean own = CpuBlock.isOwn(block);
    return new Image(CpuBlock.segment(block), own ? OWN_COPY : COPY, moves.transposeOf(own));
  }

  /** The columns of pixels under a block: those inside the source, and how many zeros before. */
  private record Span(long first, int count, int before) {}

  private Span span(Tiling.Block block) {
    long origin = firstColumn + block.column() * transform.outputs();
    int reach = block.columns() * transform.outputs() + transform.taps() - 1;
    long first = Math.clamp(origin, 0, width.extent());
    long end = Math.clamp(origin + reach, first, width.extent());
    return new Span(first, (int) (end - first), (int) Math.min(first - origin, reach));
  }

  /**
   * Transforms a block.
   *
   * @param from x or dy, see {@link #image}
   * @param group the group
   * @param scratch the thread's own
   * @param at {@link #scratchBytes} bytes
   * @param to where the transformed input goes
   */
  void run(Image from, Tiling.Block block, long group, MemorySegment scratch, long at, long to) {
    Span span = span(block);
    long lines = at + patchBytes;
    for (int i = 0; i < linesTogether; i++) {
      zeroEdges(block, span, scratch, lines + i * linePlane);
    }
    int channels = geometry.view().channels();
    int lanes = geometry.lanes();
    for (int c = 0; c < channels; c += lanes) {
      // The last vector overlaps the one before instead of reaching behind the channels.
      int channel = Math.min(c, channels - lanes);
      for (int line = 0; line < block.lines(); ) {
        int count = geometry.tiling().linesOfImage(block, line);
        long first = group * channels + channel;
        patch(from, block.line() + line, count, first, span, scratch, at);
        for (int i = 0; i < count; i++, line++) {
          int ready = line % linesTogether + 1;
          long row = at + vector * i * transform.outputs() * span.count;
          alongHeight(span, scratch, row, lines + (ready - 1) * linePlane);
          if (ready == linesTogether || line == block.lines() - 1) {
            alongWidth(block, line + 1 - ready, ready, channel, scratch, lines, to);
          }
        }
      }
    }
  }

  private void zeroEdges(Tiling.Block block, Span span, MemorySegment scratch, long lines) {
    int reach = block.columns() * transform.outputs() + transform.taps() - 1;
    int lanes = geometry.lanes();
    int after = span.before + span.count;
    for (int i = 0; i < transform.points(); i++) {
      long line = lines + i * lineStep;
      moves.zero(scratch, line, span.before * lanes);
      moves.zero(scratch, line + after * vector, (reach - after) * lanes);
    }
  }

  /** Brings the pixels under some lines of tiles of one image into order, zeros around it too. */
  private void patch(
      Image from, long line, int lines, long channel, Span span, MemorySegment scratch, long at) {
    long origin = firstRow + geometry.tiling().row(line) * transform.outputs();
    int rows = lines * transform.outputs() + transform.taps() - 1;
    long first = Math.clamp(origin, 0, height.extent());
    long end = Math.clamp(origin + rows, first, height.extent());
    int before = (int) Math.min(first - origin, rows);
    int inside = (int) (end - first);
    int lanes = geometry.lanes();
    moves.zero(scratch, at, before * span.count * lanes);
    long to = at + vector * before * span.count;
    copyRows(from, geometry.tiling().image(line), channel, first, inside, span, scratch, to);
    int after = before + inside;
    moves.zero(scratch, at + vector * after * span.count, (rows - after) * span.count * lanes);
  }

  private void copyRows(
      Image from,
      long image,
      long channel,
      long row,
      int rows,
      Span span,
      MemorySegment scratch,
      long to) {
    long start = source.at(image, channel, 0, row, span.first) * Float.BYTES;
    boolean dense = span.count == width.extent();
    int runs = dense ? 1 : rows;
    int length = dense ? rows * span.count : span.count;
    for (int run = 0; run < runs; run++) {
      long at = start + run * source.h() * Float.BYTES;
      long target = to + vector * run * span.count;
      if (geometry.view().layout() == Layout.NHWC) {
        long pixel = source.w() * Float.BYTES;
        from.copy.run(from.memory, at, 0, pixel, scratch, target, 0, vector, length);
      } else {
        long plane = source.channel() * Float.BYTES;
        int lanes = geometry.lanes();
        from.transpose.transpose(from.memory, at, plane, scratch, target, vector, lanes, length);
      }
    }
  }

  private void alongHeight(Span span, MemorySegment scratch, long rows, long lines) {
    long row = span.count * vector;
    long inside = lines + span.before * vector;
    transform
        .input()
        .run(scratch, rows, row, vector, scratch, inside, lineStep, vector, span.count);
  }

  /** Transforms lines of tiles along width, and groups them. */
  private void alongWidth(
      Tiling.Block block,
      int first,
      int count,
      int channel,
      MemorySegment scratch,
      long lines,
      long to) {
    int points = transform.points();
    int rows = geometry.tileRows();
    int columns = block.columns();
    long step = transform.outputs() * vector;
    long tiles = lines + linesTogether * linePlane;
    long pitch = geometry.groupPitch();
    long target = to + (long) first * columns / rows * pitch + channel * Moves.GROUP_BYTES;
    int groups = Math.ceilDiv(count * columns, rows);
    for (int i = 0; i < points; i++) {
      for (int line = 0; line < count; line++) {
        long source = lines + line * linePlane + i * lineStep;
        long place = tiles + (long) line * columns * vector;
        LineKernel kernel = transform.input();
        kernel.run(scratch, source, vector, step, scratch, place, tilesStep, vector, columns);
      }
      for (int j = 0; j < points; j++) {
        long source = tiles + j * tilesStep;
        grouping.group(
            scratch,
            source,
            vector,
            rows * vector,
            scratch,
            target,
            pitch,
            groups,
            geometry.lanes());
        target += geometry.inputPlane();
      }
    }
  }
}
