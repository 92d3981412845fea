package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Sums, and what averages make of them. A tap too few is masked. */
final class SumLoops implements PoolingLoops {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final VectorShuffle<Float> EVEN = EverySecond.from(0);
  private static final VectorShuffle<Float> ODD = EverySecond.from(1);

  @Override
  public float neutral() {
    return 0;
  }

  private static FloatVector load(float[] row, int at) {
    return FloatVector.fromArray(SPECIES, row, at);
  }

  private static FloatVector load(MemorySegment x, long at) {
    x = NATIVE.cast(x);
    return FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
  }

  private static VectorMask<Float> all(boolean set) {
    return VectorMask.fromLong(SPECIES, set ? -1L : 0);
  }

  /** Elsewhere the number that changes nothing. Masked sums are more than the compiler inlines. */
  private static FloatVector where(FloatVector v, VectorMask<Float> mask) {
    return FloatVector.broadcast(SPECIES, -0f).blend(v, mask);
  }

  @Override
  public void joinFirst(
      MemorySegment x,
      long a,
      long b,
      long c,
      int count,
      long step,
      int length,
      float[] to,
      int out,
      int pitch,
      int results) {
    int whole = PoolingLoops.readable(x, c, step, length, results);
    int last = length - LANES;
    if (last >= 0) {
      for (int k = 0; k * LANES < length; k++) {
        int i = Math.min(k * LANES, last);
        joinStrip(x, a + 4L * i, b - a, c - a, count, step, to, out + i, pitch, whole);
      }
    } else {
      for (int r = 0; r < whole; r++) {
        joinStrip(x, a + r * step, b - a, c - a, count, step, to, out + r * pitch, pitch, 1);
        FloatVector.zero(SPECIES).intoArray(to, out + r * pitch + length);
      }
    }
    for (int r = whole; r < results; r++) {
      for (int i = 0; i < length; i++) {
        long at = r * step + 4L * i;
        float v = x.get(JAVA_FLOAT_UNALIGNED, a + at);
        v = count > 1 ? v + x.get(JAVA_FLOAT_UNALIGNED, b + at) : v;
        to[out + r * pitch + i] = count > 2 ? v + x.get(JAVA_FLOAT_UNALIGNED, c + at) : v;
      }
    }
  }

  /** Joins one vector of each row: with rows of few vectors a loop along each costs more. */
  private static void joinStrip(
      MemorySegment x,
      long a,
      long second,
      long third,
      int count,
      long step,
      float[] to,
      int out,
      int pitch,
      int rows) {
    VectorMask<Float> hasSecond = all(count > 1);
    VectorMask<Float> hasThird = all(count > 2);
    for (int r = 0; r < rows; r++) {
      long at = a + r * step;
      load(x, at)
          .add(where(load(x, at + second), hasSecond))
          .add(where(load(x, at + third), hasThird))
          .intoArray(to, out + r * pitch);
    }
  }

  @Override
  public void joinNext(
      MemorySegment x, long a, long step, int length, float[] to, int out, int pitch, int results) {
    int whole = PoolingLoops.readable(x, a, step, length, results);
    int vectors = length / LANES;
    for (int r = 0; r < whole; r++) {
      for (int k = 0; k < vectors; k++) {
        int o = out + r * pitch + k * LANES;
        load(to, o).add(load(x, a + r * step + 4L * k * LANES)).intoArray(to, o);
      }
      if (length < LANES) {
        int o = out + r * pitch;
        load(to, o).add(load(x, a + r * step)).intoArray(to, o);
        FloatVector.zero(SPECIES).intoArray(to, o + length);
      }
    }
    int done = length < LANES ? length : vectors * LANES;
    for (int r = 0; r < results; r++) {
      for (int i = r < whole ? done : 0; i < length; i++) {
        int o = out + r * pitch + i;
        to[o] += x.get(JAVA_FLOAT_UNALIGNED, a + r * step + 4L * i);
      }
    }
  }

  @Override
  public void along(float[] from, int shift, int taps, float[] to, int length) {
    VectorMask<Float> hasSecond = all(taps > 1);
    VectorMask<Float> hasThird = all(taps > 2);
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    for (int i = 0; i < length; i += LANES) {
      load(from, i)
          .add(where(load(from, i + second), hasSecond))
          .add(where(load(from, i + third), hasThird))
          .intoArray(to, i);
    }
    for (int k = TAPS; k < taps; k++) {
      int by = k * shift;
      for (int i = 0; i < length; i += LANES) {
        load(to, i).add(load(from, i + by)).intoArray(to, i);
      }
    }
  }

  @Override
  public void line(float[] from, int shift, int taps, Target t) {
    int whole = t.writable();
    if (t.stride() == 2) {
      pairs(from, taps, whole, t);
    } else {
      singles(from, shift, taps, whole, t);
    }
    for (int r = whole; r < t.rows(); r++) {
      float share = t.shares()[t.share() + r];
      for (int i = 0; i < t.width(); i++) {
        float v = from[r * t.pitch() + i * t.stride()];
        for (int s = 1; s < taps; s++) {
          v += from[r * t.pitch() + i * t.stride() + s * shift];
        }
        v = v * t.columns()[t.column() + i] * share;
        t.y().set(JAVA_FLOAT_UNALIGNED, t.at() + r * t.row() + 4L * i, v);
      }
    }
  }

  private static void singles(float[] from, int shift, int taps, int rows, Target t) {
    VectorMask<Float> hasSecond = all(taps > 1);
    VectorMask<Float> hasThird = all(taps > 2);
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    MemorySegment y = NATIVE.cast(t.y());
    int pitch = t.pitch();
    int vectors = Math.ceilDiv(t.width(), LANES);
    int last = Math.max(0, t.width() - LANES);
    long at = t.at();
    long step = t.row();
    float[] columns = t.columns();
    int column = t.column();
    float[] shares = t.shares();
    int share = t.share();
    for (int k = 0; k < vectors; k++) {
      int i = Math.min(k * LANES, last);
      FloatVector ofColumns = load(columns, column + i);
      for (int r = 0; r < rows; r++) {
        int f = r * pitch + i;
        load(from, f)
            .add(where(load(from, f + second), hasSecond))
            .add(where(load(from, f + third), hasThird))
            .mul(ofColumns)
            .mul(FloatVector.broadcast(SPECIES, shares[share + r]))
            .intoMemorySegment(y, at + r * step + 4L * i, ORDER);
      }
    }
  }

  private static void pairs(float[] from, int taps, int rows, Target t) {
    VectorMask<Float> hasThird = all(taps > 2);
    MemorySegment y = NATIVE.cast(t.y());
    int pitch = t.pitch();
    int vectors = Math.ceilDiv(t.width(), LANES);
    int last = Math.max(0, t.width() - LANES);
    long at = t.at();
    long step = t.row();
    float[] columns = t.columns();
    int column = t.column();
    for (int r = 0; r < rows; r++) {
      FloatVector share = FloatVector.broadcast(SPECIES, t.shares()[t.share() + r]);
      for (int k = 0; k < vectors; k++) {
        int i = Math.min(k * LANES, last);
        int f = r * pitch + 2 * i;
        FloatVector a = load(from, f);
        FloatVector b = load(from, f + LANES);
        FloatVector c = load(from, f + 2);
        FloatVector d = load(from, f + 2 + LANES);
        a.rearrange(EVEN, b)
            .add(a.rearrange(ODD, b))
            .add(where(c.rearrange(EVEN, d), hasThird))
            .mul(load(columns, column + i))
            .mul(share)
            .intoMemorySegment(y, at + r * step + 4L * i, ORDER);
      }
    }
  }

  @Override
  public void pixels(float[] from, int shift, int taps, Target t) {
    int vectors = Math.ceilDiv(t.channels(), LANES);
    int last = Math.max(0, t.channels() - LANES);
    for (int r = 0; r < t.rows(); r++) {
      float share = t.shares()[t.share() + r];
      for (int k = 0; k < vectors; k++) {
        int c = Math.min(k * LANES, last);
        int row = r * t.pitch() + c;
        long out = t.at() + r * t.row() + 4L * c;
        if (t.channels() < LANES) {
          few(from, row, shift, taps, share, t, out);
        } else {
          many(
              from,
              row,
              t.stride(),
              shift,
              taps,
              t.columns(),
              t.column(),
              share,
              t.width(),
              t.y(),
              out,
              t.pixel());
        }
      }
    }
  }

  private static void many(
      float[] from,
      int row,
      int stride,
      int shift,
      int taps,
      float[] columns,
      int column,
      float share,
      int width,
      MemorySegment y,
      long out,
      long pixel) {
    y = NATIVE.cast(y);
    VectorMask<Float> hasSecond = all(taps > 1);
    VectorMask<Float> hasThird = all(taps > 2);
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    for (int q = 0; q < width; q++) {
      int f = row + q * stride;
      load(from, f)
          .add(where(load(from, f + second), hasSecond))
          .add(where(load(from, f + third), hasThird))
          .mul(FloatVector.broadcast(SPECIES, columns[column + q] * share))
          .intoMemorySegment(y, out + q * pixel, ORDER);
    }
  }

  /** Less than a vector of channels. */
  private static void few(
      float[] from, int row, int shift, int taps, float share, Target t, long out) {
    MemorySegment y = NATIVE.cast(t.y());
    VectorMask<Float> inside = SPECIES.indexInRange(0, t.channels());
    for (int q = 0; q < t.width(); q++) {
      int f = row + q * t.stride();
      FloatVector sum = load(from, f);
      for (int s = 1; s < taps; s++) {
        sum = sum.add(load(from, f + s * shift));
      }
      sum.mul(FloatVector.broadcast(SPECIES, t.columns()[t.column() + q] * share))
          .intoMemorySegment(y, out + q * t.pixel(), ORDER, inside);
    }
  }
}
