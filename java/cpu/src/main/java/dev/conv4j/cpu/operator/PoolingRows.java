package dev.conv4j.cpu.operator;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector loops of pooling, on rows in scratch with {@link #SLACK} behind the last one. Rows are
 * done in ascending order and in whole vectors: what a row's last vector leaves behind the row is
 * overwritten by the next one.
 */
final class PoolingRows {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Every other lane of two vectors; negative numbers name lanes of the second. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(SPECIES, i -> 2 * i < LANES ? 2 * i : 2 * i - 2 * LANES);

  /** Elements behind the rows that loops may read and write. */
  static final int SLACK = 2 * LANES;

  private PoolingRows() {}

  private static FloatVector load(float[] row, int at) {
    return FloatVector.fromArray(SPECIES, row, at);
  }

  /**
   * Copies rows that lie one behind the other into padded ones.
   *
   * @param padding what is in scratch around the rows, and stays there
   */
  static void load(
      MemorySegment x,
      long at,
      int width,
      int rows,
      float[] to,
      int out,
      int pitch,
      float padding) {
    if (pitch == width) {
      MemorySegment.copy(x, JAVA_FLOAT_UNALIGNED, at, to, out, rows * width);
    } else if (width >= LANES) {
      loadWide(x, at, width, rows, to, out, pitch);
    } else {
      loadNarrow(x, at, width, rows, to, out, pitch, padding);
    }
  }

  private static void loadWide(
      MemorySegment x, long at, int width, int rows, float[] to, int out, int pitch) {
    for (int r = 0; r < rows; r++) {
      long from = at + 4L * r * width;
      int start = out + r * pitch;
      for (int i = 0; i < width - LANES; i += LANES) {
        FloatVector.fromMemorySegment(SPECIES, x, from + 4L * i, ORDER).intoArray(to, start + i);
      }
      int last = width - LANES;
      FloatVector.fromMemorySegment(SPECIES, x, from + 4L * last, ORDER)
          .intoArray(to, start + last);
    }
  }

  private static void loadNarrow(
      MemorySegment x,
      long at,
      int width,
      int rows,
      float[] to,
      int out,
      int pitch,
      float padding) {
    VectorMask<Float> outside = SPECIES.indexInRange(0, width).not();
    int r = 0;
    for (; r < rows && at + 4L * (r * width + LANES) <= x.byteSize(); r++) {
      FloatVector.fromMemorySegment(SPECIES, x, at + 4L * r * width, ORDER)
          .blend(padding, outside)
          .intoArray(to, out + r * pitch);
    }
    for (; r < rows; r++) {
      MemorySegment.copy(x, JAVA_FLOAT_UNALIGNED, at + 4L * r * width, to, out + r * pitch, width);
    }
  }

  /**
   * {@code to[r·pitch + i] = max or sum of from[at + r·step + i + offset]} over the offsets, for
   * rows r and i below the pitch.
   */
  static void join(
      boolean max, float[] from, int at, int step, int[] offsets, float[] to, int pitch, int rows) {
    int o0 = at + offsets[0];
    int o1 = at + offsets[Math.min(1, offsets.length - 1)];
    int o2 = at + offsets[Math.min(2, offsets.length - 1)];
    if (max) {
      greatest(from, o0, o1, o2, step, to, pitch, rows);
      for (int k = 3; k < offsets.length; k++) {
        raise(from, at + offsets[k], step, to, pitch, rows);
      }
      return;
    }
    int done = 0;
    if (offsets.length >= 3) {
      sum(from, o0, o1, o2, step, to, pitch, rows);
      done = 3;
    } else {
      Arrays.fill(to, 0, pitch * rows, 0);
    }
    for (int k = done; k < offsets.length; k++) {
      add(from, at + offsets[k], step, to, pitch, rows);
    }
  }

  private static void greatest(
      float[] from, int o0, int o1, int o2, int step, float[] to, int pitch, int rows) {
    for (int r = 0; r < rows; r++) {
      int row = r * step;
      int out = r * pitch;
      for (int i = 0; i < pitch; i += LANES) {
        load(from, o0 + row + i)
            .max(load(from, o1 + row + i))
            .max(load(from, o2 + row + i))
            .intoArray(to, out + i);
      }
    }
  }

  private static void raise(float[] from, int at, int step, float[] to, int pitch, int rows) {
    for (int r = 0; r < rows; r++) {
      int row = at + r * step;
      int out = r * pitch;
      int i = 0;
      for (; i <= pitch - LANES; i += LANES) {
        load(to, out + i).max(load(from, row + i)).intoArray(to, out + i);
      }
      for (; i < pitch; i++) {
        to[out + i] = Math.max(to[out + i], from[row + i]);
      }
    }
  }

  private static void sum(
      float[] from, int o0, int o1, int o2, int step, float[] to, int pitch, int rows) {
    for (int r = 0; r < rows; r++) {
      int row = r * step;
      int out = r * pitch;
      for (int i = 0; i < pitch; i += LANES) {
        load(from, o0 + row + i)
            .add(load(from, o1 + row + i))
            .add(load(from, o2 + row + i))
            .intoArray(to, out + i);
      }
    }
  }

  private static void add(float[] from, int at, int step, float[] to, int pitch, int rows) {
    for (int r = 0; r < rows; r++) {
      int row = at + r * step;
      int out = r * pitch;
      int i = 0;
      for (; i <= pitch - LANES; i += LANES) {
        load(to, out + i).add(load(from, row + i)).intoArray(to, out + i);
      }
      for (; i < pitch; i++) {
        to[out + i] += from[row + i];
      }
    }
  }

  /** Returns {@code row[at + stride·lane]}, for a stride of 1 or 2. */
  private static FloatVector pick(float[] row, int at, int stride) {
    return stride == 1 ? load(row, at) : load(row, at).rearrange(EVEN, load(row, at + LANES));
  }

  /**
   * Writes every stride-th element of rows, one row behind the other, and nothing behind the last:
   * what lies there may be another thread's.
   */
  static void store(
      float[] from, int pitch, int stride, int width, int rows, MemorySegment y, long at) {
    long end = at + 4L * rows * width;
    for (int r = 0; r < rows; r++) {
      long out = at + 4L * r * width;
      int row = r * pitch;
      int i = 0;
      if (stride <= 2) {
        for (; i < width && out + 4L * (i + LANES) <= end; i += LANES) {
          pick(from, row + i * stride, stride).intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      for (; i < width; i++) {
        y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, from[row + i * stride]);
      }
    }
  }

  /**
   * Writes every stride-th element of rows of sums, times its shares.
   *
   * @param columns shares of the columns, with {@link #SLACK} behind them
   * @param shares shares of the rows
   * @param first the first row's share
   */
  static void scale(
      float[] from,
      int pitch,
      int stride,
      int width,
      int rows,
      float[] columns,
      float[] shares,
      int first,
      MemorySegment y,
      long at) {
    long end = at + 4L * rows * width;
    for (int r = 0; r < rows; r++) {
      long out = at + 4L * r * width;
      int row = r * pitch;
      float share = shares[first + r];
      int i = 0;
      if (stride <= 2) {
        for (; i < width && out + 4L * (i + LANES) <= end; i += LANES) {
          pick(from, row + i * stride, stride)
              .mul(load(columns, i).mul(share))
              .intoMemorySegment(y, out + 4L * i, ORDER);
        }
      }
      for (; i < width; i++) {
        y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, from[row + i * stride] * (columns[i] * share));
      }
    }
  }
}
