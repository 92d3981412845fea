package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Element by element: for a JVM without vectors, and for the edges of {@link VectorMoves}. */
final class PlainMoves implements Moves {

  private static final int RUN = 16;

  /** Bytes of a line of the cache. */
  private static final long LINE = 64;

  private static float get(MemorySegment segment, long at) {
    return segment.get(JAVA_FLOAT_UNALIGNED, at);
  }

  private static void set(MemorySegment segment, long at, float value) {
    segment.set(JAVA_FLOAT_UNALIGNED, at, value);
  }

  @Override
  public void gather(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    for (int i = 0; i < count; i++) {
      copy(source, base + offsets[i], step, target, at + i * GROUP_BYTES, GROUP);
    }
  }

  @Override
  public void gatherSplit(
      MemorySegment source,
      long base,
      long second,
      int split,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    for (int i = 0; i < count; i++) {
      long to = at + i * GROUP_BYTES;
      copy(source, base + offsets[i], step, target, to, split);
      long rest = to + (long) split * Float.BYTES;
      copy(source, second + offsets[i], step, target, rest, GROUP - split);
    }
  }

  @Override
  public int run() {
    return RUN;
  }

  @Override
  public void scatter(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      int[] from,
      MemorySegment target,
      long at,
      int[] to,
      long pitch) {
    for (int i = 0; i < count; i++) {
      for (int run = 0; run < from.length; run++) {
        long here = base + offsets[i] + from[run];
        copy(source, here, step, target, at + i * pitch + to[run], RUN);
      }
    }
  }

  @Override
  public void gatherLane(
      MemorySegment source, long base, int[] offsets, int count, MemorySegment target, long at) {
    for (int i = 0; i < count; i++) {
      set(target, at + i * GROUP_BYTES, get(source, base + offsets[i]));
    }
  }

  @Override
  public void copy(
      MemorySegment source, long from, long step, MemorySegment target, long to, int count) {
    if (step == 1) {
      MemorySegment.copy(source, from, target, to, (long) count * Float.BYTES);
      return;
    }
    copyStrided(source, from, step * Float.BYTES, target, to, 0, count);
  }

  static void copyStrided(
      MemorySegment source,
      long from,
      long stepBytes,
      MemorySegment target,
      long to,
      int begin,
      int end) {
    for (int i = begin; i < end; i++) {
      set(target, to + (long) i * Float.BYTES, get(source, from + i * stepBytes));
    }
  }

  @Override
  public void spread(
      MemorySegment source, long from, MemorySegment target, long to, long step, int count) {
    for (int i = 0; i < count; i++) {
      set(target, to + i * step * Float.BYTES, get(source, from + (long) i * Float.BYTES));
    }
  }

  @Override
  public void touch(
      MemorySegment source,
      long at,
      long bytes,
      long pitch,
      int runs,
      MemorySegment target,
      long to) {
    int sum = 0;
    for (int run = 0; run < runs; run++) {
      sum += touchRun(source, at + run * pitch, bytes);
    }
    target.set(JAVA_INT_UNALIGNED, to, sum);
  }

  private static int touchRun(MemorySegment source, long at, long bytes) {
    int sum = source.get(JAVA_INT_UNALIGNED, at + bytes - Integer.BYTES);
    for (long line = 0; line <= bytes - Integer.BYTES; line += LINE) {
      sum += source.get(JAVA_INT_UNALIGNED, at + line);
    }
    return sum;
  }

  @Override
  public void zero(MemorySegment target, long at, int count) {
    zero(target, at, 0, count);
  }

  static void zero(MemorySegment target, long at, int begin, int end) {
    for (int i = begin; i < end; i++) {
      set(target, at + (long) i * Float.BYTES, 0);
    }
  }

  @Override
  public void add(MemorySegment source, long from, MemorySegment target, long to, int count) {
    add(source, from, target, to, 0, count);
  }

  static void add(
      MemorySegment source, long from, MemorySegment target, long to, int begin, int end) {
    for (int i = begin; i < end; i++) {
      long at = (long) i * Float.BYTES;
      set(target, to + at, get(target, to + at) + get(source, from + at));
    }
  }

  @Override
  public void transpose(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    for (int j = 0; j < columns; j++) {
      long column = from + (long) j * Float.BYTES;
      long row = to + j * targetRow;
      for (int i = 0; i < rows; i++) {
        set(target, row + (long) i * Float.BYTES, get(source, column + i * sourceRow));
      }
    }
  }

  @Override
  public void group(
      MemorySegment source,
      long from,
      long sourceRow,
      long next,
      MemorySegment target,
      long to,
      long targetNext,
      int count,
      int elements) {
    for (int i = 0; i < count; i++) {
      transpose(
          source,
          from + i * next,
          sourceRow,
          target,
          to + i * targetNext,
          GROUP_BYTES,
          GROUP,
          elements);
    }
  }
}
