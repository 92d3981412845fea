package dev.conv4j.cpu.stencil;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Any filter: some neighbouring taps at a time slide along a row of the input, and add to both rows
 * of outputs, which stay in the first-level cache.
 */
final class RowsOfTaps implements RowKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final int height;
  private final int width;

  /**
   * @param height rows of the filter
   * @param width columns of the filter
   */
  RowsOfTaps(int height, int width) {
    this.height = height;
    this.width = width;
  }

  @Override
  public boolean readsSums() {
    return true;
  }

  @Override
  public void run(
      MemorySegment x,
      long[] rowsAt,
      MemorySegment w,
      long wAt,
      MemorySegment y,
      long upperAt,
      long lowerAt,
      int vectors,
      MemorySegment spare,
      long spareAt) {
    boolean two = lowerAt >= 0;
    long tapsRow = width * 4L;
    zero(y, upperAt, vectors);
    if (two) {
      zero(y, lowerAt, vectors);
    }
    for (int r = 0; r < height + (two ? 1 : 0); r++) {
      boolean upper = r < height;
      boolean lower = two && r > 0;
      slide(
          x,
          rowsAt[r],
          w,
          wAt + Math.min(r, height - 1) * tapsRow,
          wAt + Math.max(r - 1, 0) * tapsRow,
          upper ? y : spare,
          upper ? upperAt : spareAt,
          lower ? y : spare,
          lower ? lowerAt : spareAt,
          vectors);
    }
  }

  /** Adds a row of taps to each of two rows. */
  private void slide(
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long t,
      long u,
      MemorySegment y,
      long yAt,
      MemorySegment z,
      long zAt,
      int vectors) {
    long s = 0;
    for (; s <= (width - 4) * 4L; s += 16) {
      four(x, xAt + s, w, t + s, u + s, y, yAt, z, zAt, vectors);
    }
    for (; s < width * 4L; s += 4) {
      one(x, xAt + s, w, t + s, u + s, y, yAt, z, zAt, vectors);
    }
  }

  private static void zero(MemorySegment y, long yAt, int vectors) {
    y = NATIVE.cast(y);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int k = 0; k < vectors; k++) {
      zero.intoMemorySegment(y, yAt + k * VECTOR, ORDER);
    }
  }

  private static void four(
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long t,
      long u,
      MemorySegment y,
      long yAt,
      MemorySegment z,
      long zAt,
      int vectors) {
    FloatVector t0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t));
    FloatVector t1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 4));
    FloatVector t2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 8));
    FloatVector t3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 12));
    FloatVector u0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, u));
    FloatVector u1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, u + 4));
    FloatVector u2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, u + 8));
    FloatVector u3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, u + 12));
    MemorySegment line = NATIVE.cast(x.asSlice(xAt));
    MemorySegment upper = NATIVE.cast(y.asSlice(yAt));
    MemorySegment lower = NATIVE.cast(z.asSlice(zAt));
    for (int k = 0; k < vectors; k++) {
      long at = k * VECTOR;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, line, at, ORDER);
      FloatVector a = v.fma(t0, FloatVector.fromMemorySegment(SPECIES, upper, at, ORDER));
      FloatVector b = v.fma(u0, FloatVector.fromMemorySegment(SPECIES, lower, at, ORDER));
      v = FloatVector.fromMemorySegment(SPECIES, line, at + 4, ORDER);
      a = v.fma(t1, a);
      b = v.fma(u1, b);
      v = FloatVector.fromMemorySegment(SPECIES, line, at + 8, ORDER);
      a = v.fma(t2, a);
      b = v.fma(u2, b);
      v = FloatVector.fromMemorySegment(SPECIES, line, at + 12, ORDER);
      v.fma(t3, a).intoMemorySegment(upper, at, ORDER);
      v.fma(u3, b).intoMemorySegment(lower, at, ORDER);
    }
  }

  private static void one(
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long t,
      long u,
      MemorySegment y,
      long yAt,
      MemorySegment z,
      long zAt,
      int vectors) {
    FloatVector t0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t));
    FloatVector u0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, u));
    MemorySegment line = NATIVE.cast(x.asSlice(xAt));
    MemorySegment upper = NATIVE.cast(y.asSlice(yAt));
    MemorySegment lower = NATIVE.cast(z.asSlice(zAt));
    for (int k = 0; k < vectors; k++) {
      long at = k * VECTOR;
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, line, at, ORDER);
      v.fma(t0, FloatVector.fromMemorySegment(SPECIES, upper, at, ORDER))
          .intoMemorySegment(upper, at, ORDER);
      v.fma(u0, FloatVector.fromMemorySegment(SPECIES, lower, at, ORDER))
          .intoMemorySegment(lower, at, ORDER);
    }
  }
}
