package dev.conv4j.cpu.depthwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies the input of a tile into scratch as {@link PlaneTiling} says: padded, split into phases.
 * Rows are written in whole vectors from left to right and from top to bottom, so that what one
 * writes too much the next one overwrites.
 */
final class PlaneLoader {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorShuffle<Float> EVEN = VectorShuffle.makeUnzip(SPECIES, 0);
  private static final VectorShuffle<Float> ODD = VectorShuffle.makeUnzip(SPECIES, 1);

  private final PlaneTiling tiling;
  private final Axis height;
  private final Axis width;

  PlaneLoader(PlaneTiling tiling, Axis height, Axis width) {
    this.tiling = tiling;
    this.height = height;
    this.width = width;
  }

  /**
   * Copies one tile.
   *
   * @param x the input
   * @param planeAt byte position of the plane
   * @param p first output row of the tile
   * @param q first output column
   * @param scratch where to
   * @param scratchAt byte position of phase 0
   */
  void load(MemorySegment x, long planeAt, long p, long q, MemorySegment scratch, long scratchAt) {
    long pitch = (long) tiling.pitch() * Float.BYTES;
    for (int high = 0; high < tiling.phasesHigh(); high++) {
      for (int row = 0; row < tiling.phaseRows(); row++) {
        long h = (p + row) * height.stride() + high - height.padBegin();
        boolean inside = h >= 0 && h < height.input();
        long rowAt = planeAt + h * width.input() * Float.BYTES;
        long to = scratchAt + tiling.phaseAt(high, 0) + row * pitch;
        if (!inside) {
          for (int wide = 0; wide < tiling.phasesWide(); wide++) {
            zeros(scratch, to + wide * tiling.phaseBytes(), tiling.pitch());
          }
        } else if (width.stride() == 2 && tiling.phasesWide() == 2) {
          pairs(x, rowAt, q, scratch, to);
        } else {
          for (int wide = 0; wide < tiling.phasesWide(); wide++) {
            phase(x, rowAt, q, wide, scratch, to + wide * tiling.phaseBytes());
          }
        }
      }
    }
  }

  /** Copies one phase of a row. */
  private void phase(MemorySegment x, long rowAt, long q, int wide, MemorySegment out, long to) {
    long stride = width.stride();
    long first = q * stride + wide - width.padBegin();
    int from = columnsBefore(first, stride);
    int end = Math.max(from, columnsUpTo(first, stride));
    zeros(out, to, from);
    long source = rowAt + (first + from * stride) * Float.BYTES;
    long target = to + (long) from * Float.BYTES;
    if (stride == 1) {
      copy(x, source, out, target, end - from);
    } else {
      for (int i = 0; i < end - from; i++) {
        float value = x.get(JAVA_FLOAT_UNALIGNED, source + i * stride * Float.BYTES);
        out.set(JAVA_FLOAT_UNALIGNED, target + (long) i * Float.BYTES, value);
      }
    }
    zeros(out, to + (long) end * Float.BYTES, tiling.pitch() - end);
  }

  /** Returns how many columns of a phase lie before the input. */
  private int columnsBefore(long first, long stride) {
    return (int) Math.clamp(Math.ceilDiv(-first, stride), 0L, tiling.pitch());
  }

  /** Returns how many columns of a phase lie before the input's end. */
  private int columnsUpTo(long first, long stride) {
    return (int) Math.clamp(Math.ceilDiv(width.input() - first, stride), 0L, tiling.pitch());
  }

  /**
   * Copies both phases of a row of stride 2: the columns of even and odd distance from the first.
   */
  private void pairs(MemorySegment x, long rowAt, long q, MemorySegment out, long to) {
    long first = 2 * q - width.padBegin();
    long odd = to + tiling.phaseBytes();
    // Where a phase begins within the input, the other may still be one column before it.
    int from = columnsBefore(first, 2);
    int end = Math.max(from, Math.min(columnsUpTo(first, 2), columnsUpTo(first + 1, 2)));
    zeros(out, to, from);
    zeros(out, odd, from);
    if (first + 2L * from - 1 == 0 && from > 0) {
      // The odd column just before the first whole pair is the input's first.
      out.set(
          JAVA_FLOAT_UNALIGNED,
          odd + (from - 1L) * Float.BYTES,
          x.get(JAVA_FLOAT_UNALIGNED, rowAt));
    }
    long source = rowAt + (first + 2L * from) * Float.BYTES;
    long shift = (long) from * Float.BYTES;
    unzip(x, source, out, to + shift, odd + shift, end - from);
    zeros(out, to + (long) end * Float.BYTES, tiling.pitch() - end);
    zeros(out, odd + (long) end * Float.BYTES, tiling.pitch() - end);
    if (end < columnsUpTo(first, 2)) {
      // The input ends in the middle of a pair.
      float last = x.get(JAVA_FLOAT_UNALIGNED, rowAt + (first + 2L * end) * Float.BYTES);
      out.set(JAVA_FLOAT_UNALIGNED, to + (long) end * Float.BYTES, last);
    }
  }

  private static void unzip(
      MemorySegment x, long from, MemorySegment out, long even, long odd, int pairs) {
    int i = 0;
    long at = from;
    for (; i < pairs && at + 2 * VECTOR <= x.byteSize(); i += LANES, at += 2 * VECTOR) {
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + VECTOR, ORDER);
      a.rearrange(EVEN, b).intoMemorySegment(out, even + 4L * i, ORDER);
      a.rearrange(ODD, b).intoMemorySegment(out, odd + 4L * i, ORDER);
    }
    for (; i < pairs; i++) {
      long pair = from + 8L * i;
      out.set(JAVA_FLOAT_UNALIGNED, even + 4L * i, x.get(JAVA_FLOAT_UNALIGNED, pair));
      out.set(JAVA_FLOAT_UNALIGNED, odd + 4L * i, x.get(JAVA_FLOAT_UNALIGNED, pair + 4));
    }
  }

  /** Copies in whole vectors, reading on into the next row where there is one. */
  private static void copy(MemorySegment x, long from, MemorySegment out, long to, int count) {
    int i = 0;
    for (; i < count && from + 4L * i + VECTOR <= x.byteSize(); i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, x, from + 4L * i, ORDER)
          .intoMemorySegment(out, to + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      out.set(JAVA_FLOAT_UNALIGNED, to + 4L * i, x.get(JAVA_FLOAT_UNALIGNED, from + 4L * i));
    }
  }

  private static void zeros(MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector.zero(SPECIES).intoMemorySegment(out, to + 4L * i, ORDER);
    }
  }
}
