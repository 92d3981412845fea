package dev.conv4j.cpu.gemm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/** Positions of a row of the source that follow one another by the stride, border included. */
final class Line {

  private Line() {}

  /** Copies a run of positions. */
  static void copy(
      GridAxis axis,
      Moves moves,
      MemorySegment from,
      long line,
      long distance,
      long position,
      int length,
      MemorySegment to,
      long at) {
    int first = Math.clamp(Math.ceilDiv(-position, axis.step()), 0, length);
    int end = Math.clamp(Math.ceilDiv(axis.extent() - position, axis.step()), first, length);
    copy(axis, moves, from, line, distance, position, first, end, length, to, at);
  }

  /**
   * Copies a run of positions.
   *
   * @param axis the axis
   * @param from the source
   * @param line its element of coordinate 0
   * @param distance in elements between neighbouring coordinates
   * @param position of the run's first element
   * @param first the first element of the run that is inside the source
   * @param end the end of those
   * @param length of the run
   * @param to where it goes
   * @param at the first element's place in bytes
   */
  static void copy(
      GridAxis axis,
      Moves moves,
      MemorySegment from,
      long line,
      long distance,
      long position,
      int first,
      int end,
      int length,
      MemorySegment to,
      long at) {
    edge(axis, from, line, distance, position, 0, first, to, at);
    if (end > first) {
      moves.copy(
          from,
          (line + (position + first * axis.step()) * distance) * Float.BYTES,
          axis.step() * distance,
          to,
          at + (long) first * Float.BYTES,
          end - first);
    }
    edge(axis, from, line, distance, position, end, length, to, at);
  }

  private static void edge(
      GridAxis axis,
      MemorySegment from,
      long line,
      long distance,
      long position,
      int first,
      int end,
      MemorySegment to,
      long at) {
    for (int i = first; i < end; i++) {
      long x = axis.resolve(position + i * axis.step());
      float value = x < 0 ? 0 : from.get(JAVA_FLOAT_UNALIGNED, (line + x * distance) * Float.BYTES);
      to.set(JAVA_FLOAT_UNALIGNED, at + (long) i * Float.BYTES, value);
    }
  }
}
