package dev.conv4j.cpu.stencil;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;

/**
 * The rows of the input that a pair of rows of outputs reads, border filled in: a ring in scratch,
 * into which each row is copied once. Copying is a stream, so it also brings the row near.
 */
final class PaddedRows {

  private final Axis height;
  private final Axis width;
  private final Moves moves;
  private final long pitch;

  /**
   * @param c the problem
   * @param columns columns of outputs at most, whole vectors
   */
  PaddedRows(Convolution c, long columns, Moves moves) {
    this.height = Axis.of(c, 1);
    this.width = Axis.of(c, 2);
    this.moves = moves;
    long elements = columns + width.taps() - 1;
    this.pitch = Math.ceilDiv(elements, Lanes.COUNT) * Lanes.COUNT * Float.BYTES;
  }

  /** Returns the rows of the ring. */
  int count() {
    return (int) height.taps() + 1;
  }

  /** Returns the bytes of the ring. */
  long bytes() {
    return count() * pitch;
  }

  /** Returns where the row of a first row of taps' output lies. */
  long rowAt(long p, long at) {
    return at + p % count() * pitch;
  }

  /**
   * Copies a row.
   *
   * @param x the input
   * @param plane which plane
   * @param p the output whose first row of taps reads it
   * @param q the first column of outputs
   * @param used columns of outputs
   * @param to scratch
   * @param at where the ring begins
   */
  void fill(MemorySegment x, long plane, long p, long q, int used, MemorySegment to, long at) {
    long rowAt = rowAt(p, at);
    long y = height.source(p, 0);
    int elements = (int) (pitch / Float.BYTES);
    if (y < 0) {
      moves.zero(to, rowAt, elements);
      return;
    }
    int needed = (int) (used + width.taps() - 1);
    long position = width.position(q, 0);
    int first = Math.clamp(-position, 0, needed);
    int end = Math.clamp(width.input() - position, first, needed);
    long lineAt = (plane * height.input() + y) * width.input() * Float.BYTES;
    border(x, lineAt, position, 0, first, to, rowAt);
    if (end > first) {
      long from = lineAt + (position + first) * Float.BYTES;
      moves.copy(x, from, 1, to, rowAt + 4L * first, end - first);
    }
    border(x, lineAt, position, end, needed, to, rowAt);
    moves.zero(to, rowAt + 4L * needed, elements - needed);
  }

  private void border(
      MemorySegment x,
      long lineAt,
      long position,
      int from,
      int end,
      MemorySegment to,
      long rowAt) {
    if (width.border() == Border.ZEROS) {
      moves.zero(to, rowAt + 4L * from, end - from);
      return;
    }
    for (int i = from; i < end; i++) {
      long column = width.border().resolve(position + i, width.input());
      float value = x.get(JAVA_FLOAT_UNALIGNED, lineAt + column * Float.BYTES);
      to.set(JAVA_FLOAT_UNALIGNED, rowAt + 4L * i, value);
    }
  }
}
