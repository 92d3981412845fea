package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Maxima. A tap too few is the last one once more. */
final class MaxLoops implements PoolingLoops {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final VectorShuffle<Float> EVEN = EverySecond.from(0);
  private static final VectorShuffle<Float> ODD = EverySecond.from(1);

  @Override
  public float neutral() {
    return Float.NEGATIVE_INFINITY;
  }

  private static FloatVector load(float[] row, int at) {
    return FloatVector.fromArray(SPECIES, row, at);
  }

  private static FloatVector load(MemorySegment x, long at) {
    x = NATIVE.cast(x);
    return FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
  }

  /**
   * NaN stays: b when it is greater or NaN. {@code max} puts zeros in order, too, and is slower.
   */
  private static FloatVector greater(FloatVector a, FloatVector b) {
    return a.blend(b, b.compare(VectorOperators.GT, a).or(b.compare(VectorOperators.NE, b)));
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
        joinStrip(x, a + 4L * i, b - a, c - a, step, to, out + i, pitch, whole);
      }
    } else {
      for (int r = 0; r < whole; r++) {
        joinStrip(x, a + r * step, b - a, c - a, step, to, out + r * pitch, pitch, 1);
        FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY)
            .intoArray(to, out + r * pitch + length);
      }
    }
    for (int r = whole; r < results; r++) {
      for (int i = 0; i < length; i++) {
        long at = r * step + 4L * i;
        float v = x.get(JAVA_FLOAT_UNALIGNED, a + at);
        v = Math.max(v, x.get(JAVA_FLOAT_UNALIGNED, b + at));
        to[out + r * pitch + i] = Math.max(v, x.get(JAVA_FLOAT_UNALIGNED, c + at));
      }
    }
  }

  /** Joins one vector of each row: with rows of few vectors a loop along each costs more. */
  private static void joinStrip(
      MemorySegment x,
      long a,
      long second,
      long third,
      long step,
      float[] to,
      int out,
      int pitch,
      int rows) {
    for (int r = 0; r < rows; r++) {
      long at = a + r * step;
      greater(greater(load(x, at), load(x, at + second)), load(x, at + third))
          .intoArray(to, out + r * pitch);
    }
  }

  @Override
  public void joinNext(
      MemorySegment x, long a, long step, int length, float[] to, int out, int pitch, int results) {
    int whole = PoolingLoops.readable(x, a, step, length, results);
    int vectors = Math.ceilDiv(length, LANES);
    int last = Math.max(0, length - LANES);
    for (int r = 0; r < whole; r++) {
      for (int k = 0; k < vectors; k++) {
        int i = Math.min(k * LANES, last);
        int o = out + r * pitch + i;
        greater(load(to, o), load(x, a + r * step + 4L * i)).intoArray(to, o);
      }
      if (length < LANES) {
        FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY)
            .intoArray(to, out + r * pitch + length);
      }
    }
    for (int r = whole; r < results; r++) {
      for (int i = 0; i < length; i++) {
        int o = out + r * pitch + i;
        to[o] = Math.max(to[o], x.get(JAVA_FLOAT_UNALIGNED, a + r * step + 4L * i));
      }
    }
  }

  @Override
  public void along(float[] from, int shift, int taps, float[] to, int length) {
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    for (int i = 0; i < length; i += LANES) {
      greater(greater(load(from, i), load(from, i + second)), load(from, i + third))
          .intoArray(to, i);
    }
    for (int k = TAPS; k < taps; k++) {
      int by = k * shift;
      for (int i = 0; i < length; i += LANES) {
        greater(load(to, i), load(from, i + by)).intoArray(to, i);
      }
    }
  }

  @Override
  public void line(float[] from, int shift, int taps, Target t) {
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    int whole = t.writable();
    if (t.stride() == 2) {
      pairs(from, taps > 2 ? 2 : 0, whole, t);
    } else {
      singles(from, second, third, whole, t);
    }
    for (int r = whole; r < t.rows(); r++) {
      for (int i = 0; i < t.width(); i++) {
        int f = r * t.pitch() + i * t.stride();
        float v = Math.max(Math.max(from[f], from[f + second]), from[f + third]);
        t.y().set(JAVA_FLOAT_UNALIGNED, t.at() + r * t.row() + 4L * i, v);
      }
    }
  }

  private static void singles(float[] from, int second, int third, int rows, Target t) {
    MemorySegment y = NATIVE.cast(t.y());
    int pitch = t.pitch();
    int vectors = Math.ceilDiv(t.width(), LANES);
    int last = Math.max(0, t.width() - LANES);
    long at = t.at();
    long step = t.row();
    for (int k = 0; k < vectors; k++) {
      int i = Math.min(k * LANES, last);
      for (int r = 0; r < rows; r++) {
        int f = r * pitch + i;
        greater(greater(load(from, f), load(from, f + second)), load(from, f + third))
            .intoMemorySegment(y, at + r * step + 4L * i, ORDER);
      }
    }
  }

  /** With two taps the third is the first once more. */
  private static void pairs(float[] from, int third, int rows, Target t) {
    MemorySegment y = NATIVE.cast(t.y());
    int pitch = t.pitch();
    int vectors = Math.ceilDiv(t.width(), LANES);
    int last = Math.max(0, t.width() - LANES);
    long at = t.at();
    long step = t.row();
    for (int k = 0; k < vectors; k++) {
      int i = Math.min(k * LANES, last);
      for (int r = 0; r < rows; r++) {
        int f = r * pitch + 2 * i;
        FloatVector a = load(from, f);
        FloatVector b = load(from, f + LANES);
        FloatVector c = load(from, f + third);
        FloatVector d = load(from, f + third + LANES);
        greater(greater(a.rearrange(EVEN, b), a.rearrange(ODD, b)), c.rearrange(EVEN, d))
            .intoMemorySegment(y, at + r * step + 4L * i, ORDER);
      }
    }
  }

  @Override
  public void pixels(float[] from, int shift, int taps, Target t) {
    int second = Math.min(1, taps - 1) * shift;
    int third = Math.min(2, taps - 1) * shift;
    int vectors = Math.ceilDiv(t.channels(), LANES);
    int last = Math.max(0, t.channels() - LANES);
    for (int r = 0; r < t.rows(); r++) {
      for (int k = 0; k < vectors; k++) {
        int c = Math.min(k * LANES, last);
        int row = r * t.pitch() + c;
        long out = t.at() + r * t.row() + 4L * c;
        if (t.channels() < LANES) {
          few(from, row, t.stride(), second, third, t.width(), t.channels(), t.y(), out, t.pixel());
        } else {
          many(from, row, t.stride(), second, third, t.width(), t.y(), out, t.pixel());
        }
      }
    }
  }

  private static void many(
      float[] from,
      int row,
      int stride,
      int second,
      int third,
      int width,
      MemorySegment y,
      long out,
      long pixel) {
    y = NATIVE.cast(y);
    for (int q = 0; q < width; q++) {
      int f = row + q * stride;
      greater(greater(load(from, f), load(from, f + second)), load(from, f + third))
          .intoMemorySegment(y, out + q * pixel, ORDER);
    }
  }

  private static void few(
      float[] from,
      int row,
      int stride,
      int second,
      int third,
      int width,
      int channels,
      MemorySegment y,
      long out,
      long pixel) {
    y = NATIVE.cast(y);
    VectorMask<Float> inside = SPECIES.indexInRange(0, channels);
    for (int q = 0; q < width; q++) {
      int f = row + q * stride;
      greater(greater(load(from, f), load(from, f + second)), load(from, f + third))
          .intoMemorySegment(y, out + q * pixel, ORDER, inside);
    }
  }
}
