package dev.conv4j.cpu.operator;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** The vector loops of pooling, on rows in scratch with {@link #SLACK} behind them. */
final class PoolingRows {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Every other lane of two vectors; negative numbers name lanes of the second. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(SPECIES, i -> 2 * i < LANES ? 2 * i : 2 * i - 2 * LANES);

  /** Elements behind a row that loops may read and write. */
  static final int SLACK = 4 * LANES;

  private PoolingRows() {}

  private static FloatVector load(float[] row, int at) {
    return FloatVector.fromArray(SPECIES, row, at);
  }

  /** Copies a row into scratch, and nothing behind it. */
  static void load(MemorySegment x, long at, int width, float[] to, int out) {
    int i = 0;
    for (; i <= width - LANES; i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER).intoArray(to, out + i);
    }
    if (i < width) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, width);
      FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER, rest)
          .intoArray(to, out + i, rest);
    }
  }

  /** {@code to[i] = max or sum of from[at + i + offset]} over the offsets. */
  static void join(boolean max, float[] from, int at, int[] offsets, float[] to, int length) {
    if (max) {
      greatest(from, at, offsets, to, length);
    } else {
      sum(from, at, offsets, to, length);
    }
  }

  private static void greatest(float[] from, int at, int[] offsets, float[] to, int length) {
    int i = 0;
    for (; i <= length - 4 * LANES; i += 4 * LANES) {
      int first = at + i + offsets[0];
      FloatVector a = load(from, first);
      FloatVector b = load(from, first + LANES);
      FloatVector c = load(from, first + 2 * LANES);
      FloatVector d = load(from, first + 3 * LANES);
      for (int k = 1; k < offsets.length; k++) {
        int next = at + i + offsets[k];
        a = a.max(load(from, next));
        b = b.max(load(from, next + LANES));
        c = c.max(load(from, next + 2 * LANES));
        d = d.max(load(from, next + 3 * LANES));
      }
      a.intoArray(to, i);
      b.intoArray(to, i + LANES);
      c.intoArray(to, i + 2 * LANES);
      d.intoArray(to, i + 3 * LANES);
    }
    for (; i < length; i += LANES) {
      FloatVector a = load(from, at + i + offsets[0]);
      for (int k = 1; k < offsets.length; k++) {
        a = a.max(load(from, at + i + offsets[k]));
      }
      a.intoArray(to, i);
    }
  }

  private static void sum(float[] from, int at, int[] offsets, float[] to, int length) {
    int i = 0;
    for (; i <= length - 4 * LANES; i += 4 * LANES) {
      int first = at + i + offsets[0];
      FloatVector a = load(from, first);
      FloatVector b = load(from, first + LANES);
      FloatVector c = load(from, first + 2 * LANES);
      FloatVector d = load(from, first + 3 * LANES);
      for (int k = 1; k < offsets.length; k++) {
        int next = at + i + offsets[k];
        a = a.add(load(from, next));
        b = b.add(load(from, next + LANES));
        c = c.add(load(from, next + 2 * LANES));
        d = d.add(load(from, next + 3 * LANES));
      }
      a.intoArray(to, i);
      b.intoArray(to, i + LANES);
      c.intoArray(to, i + 2 * LANES);
      d.intoArray(to, i + 3 * LANES);
    }
    for (; i < length; i += LANES) {
      FloatVector a = load(from, at + i + offsets[0]);
      for (int k = 1; k < offsets.length; k++) {
        a = a.add(load(from, at + i + offsets[k]));
      }
      a.intoArray(to, i);
    }
  }

  /** Returns {@code row[at + stride·(i + lane)]}; lanes beyond the row hold anything. */
  private static FloatVector pick(float[] row, int at, int stride, int i) {
    if (stride == 1) {
      return load(row, at + i);
    }
    FloatVector near = load(row, at + 2 * i);
    return near.rearrange(EVEN, load(row, at + 2 * i + LANES));
  }

  /** Writes every stride-th element of a row. */
  static void store(float[] row, int at, int stride, int width, MemorySegment y, long out) {
    if (stride > 2) {
      for (int i = 0; i < width; i++) {
        y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, row[at + i * stride]);
      }
      return;
    }
    int i = 0;
    for (; i <= width - LANES; i += LANES) {
      pick(row, at, stride, i).intoMemorySegment(y, out + 4L * i, ORDER);
    }
    if (i < width) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, width);
      pick(row, at, stride, i).intoMemorySegment(y, out + 4L * i, ORDER, rest);
    }
  }

  /** Writes every stride-th element of a row of sums, times its shares. */
  static void scale(
      float[] row,
      int at,
      int stride,
      int width,
      float[] shares,
      float share,
      MemorySegment y,
      long out) {
    if (stride > 2) {
      for (int i = 0; i < width; i++) {
        y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, row[at + i * stride] * (shares[i] * share));
      }
      return;
    }
    int i = 0;
    for (; i <= width - LANES; i += LANES) {
      FloatVector v = pick(row, at, stride, i).mul(load(shares, i).mul(share));
      v.intoMemorySegment(y, out + 4L * i, ORDER);
    }
    if (i < width) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, width);
      FloatVector v = pick(row, at, stride, i).mul(load(shares, i).mul(share));
      v.intoMemorySegment(y, out + 4L * i, ORDER, rest);
    }
  }
}
