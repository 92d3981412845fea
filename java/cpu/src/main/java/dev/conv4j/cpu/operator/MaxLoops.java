package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.NE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Maxima. A tap too few is the last one once more. NaN stays: the other is taken where it is
 * greater or NaN, by a comparison each. {@code max} puts zeros in order, too, and is slower.
 *
 * <p>Loops call nothing of our own, as in {@link dev.conv4j.cpu.microkernel.Microkernel}: a helper
 * that has been compiled by itself into much code is a call ever after, and vectors are objects.
 */
final class MaxLoops implements PoolingLoops {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final VectorShuffle<Float> EVEN = EverySecond.from(0);
  private static final VectorShuffle<Float> ODD = EverySecond.from(1);

  @Override
  public float neutral() {
    return Float.NEGATIVE_INFINITY;
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
    if (last >= whole * (long) LANES) {
      // Few rows: vectors that follow one another are as good as vectors of several rows.
      for (int r = 0; r < whole; r++) {
        long at = a + r * step;
        int o = out + r * pitch;
        joinStrip(x, at, b - a, c - a, VECTOR, to, o, LANES, length / LANES);
        joinStrip(x, at + 4L * last, b - a, c - a, VECTOR, to, o + last, LANES, 1);
      }
    } else if (last >= 0) {
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
    x = NATIVE.cast(x);
    for (int r = 0; r < rows; r++) {
      long at = a + r * step;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + second, ORDER);
      v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
      FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, at + third, ORDER);
      v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
      v.intoArray(to, out + r * pitch);
    }
  }

  @Override
  public void joinNext(
      MemorySegment x, long a, long step, int length, float[] to, int out, int pitch, int results) {
    x = NATIVE.cast(x);
    int whole = PoolingLoops.readable(x, a, step, length, results);
    int vectors = Math.ceilDiv(length, LANES);
    int last = Math.max(0, length - LANES);
    for (int r = 0; r < whole; r++) {
      for (int k = 0; k < vectors; k++) {
        int i = Math.min(k * LANES, last);
        int o = out + r * pitch + i;
        FloatVector v = FloatVector.fromArray(SPECIES, to, o);
        FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, a + r * step + 4L * i, ORDER);
        v.blend(b, b.compare(GT, v).or(b.compare(NE, b))).intoArray(to, o);
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
      FloatVector v = FloatVector.fromArray(SPECIES, from, i);
      FloatVector b = FloatVector.fromArray(SPECIES, from, i + second);
      v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
      FloatVector c = FloatVector.fromArray(SPECIES, from, i + third);
      v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
      v.intoArray(to, i);
    }
    for (int k = TAPS; k < taps; k++) {
      int by = k * shift;
      for (int i = 0; i < length; i += LANES) {
        FloatVector v = FloatVector.fromArray(SPECIES, to, i);
        FloatVector b = FloatVector.fromArray(SPECIES, from, i + by);
        v.blend(b, b.compare(GT, v).or(b.compare(NE, b))).intoArray(to, i);
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
        FloatVector v = FloatVector.fromArray(SPECIES, from, f);
        FloatVector b = FloatVector.fromArray(SPECIES, from, f + second);
        v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
        FloatVector c = FloatVector.fromArray(SPECIES, from, f + third);
        v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
        v.intoMemorySegment(y, at + r * step + 4L * i, ORDER);
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
        FloatVector low = FloatVector.fromArray(SPECIES, from, f);
        FloatVector high = FloatVector.fromArray(SPECIES, from, f + LANES);
        FloatVector v = low.rearrange(EVEN, high);
        FloatVector b = low.rearrange(ODD, high);
        v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
        low = FloatVector.fromArray(SPECIES, from, f + third);
        high = FloatVector.fromArray(SPECIES, from, f + third + LANES);
        FloatVector c = low.rearrange(EVEN, high);
        v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
        v.intoMemorySegment(y, at + r * step + 4L * i, ORDER);
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
      FloatVector v = FloatVector.fromArray(SPECIES, from, f);
      FloatVector b = FloatVector.fromArray(SPECIES, from, f + second);
      v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
      FloatVector c = FloatVector.fromArray(SPECIES, from, f + third);
      v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
      v.intoMemorySegment(y, out + q * pixel, ORDER);
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
      FloatVector v = FloatVector.fromArray(SPECIES, from, f);
      FloatVector b = FloatVector.fromArray(SPECIES, from, f + second);
      v = v.blend(b, b.compare(GT, v).or(b.compare(NE, b)));
      FloatVector c = FloatVector.fromArray(SPECIES, from, f + third);
      v = v.blend(c, c.compare(GT, v).or(c.compare(NE, c)));
      v.intoMemorySegment(y, out + q * pixel, ORDER, inside);
    }
  }
}
