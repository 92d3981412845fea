package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The vector loops of products with few rows. Positions in bytes. */
final class ProductRows {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private ProductRows() {}

  private static FloatVector load(MemorySegment segment, long at) {
    segment = NATIVE.cast(segment);
    return FloatVector.fromMemorySegment(SPECIES, segment, at, ORDER);
  }

  /** Writes a's products with four neighbouring rows of b: four streams of memory at a time. */
  static void dot4(
      MemorySegment a, long atA, MemorySegment b, long atB, int k, MemorySegment y, long out) {
    long row = 4L * k;
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    FloatVector t0 = FloatVector.zero(SPECIES);
    FloatVector t1 = FloatVector.zero(SPECIES);
    FloatVector t2 = FloatVector.zero(SPECIES);
    FloatVector t3 = FloatVector.zero(SPECIES);
    int l = 0;
    for (; l <= k - 2 * LANES; l += 2 * LANES) {
      FloatVector p = load(a, atA + 4L * l);
      FloatVector q = load(a, atA + 4L * l + 4L * LANES);
      long at = atB + 4L * l;
      long next = at + 4L * LANES;
      s0 = p.fma(load(b, at), s0);
      s1 = p.fma(load(b, at + row), s1);
      s2 = p.fma(load(b, at + 2 * row), s2);
      s3 = p.fma(load(b, at + 3 * row), s3);
      t0 = q.fma(load(b, next), t0);
      t1 = q.fma(load(b, next + row), t1);
      t2 = q.fma(load(b, next + 2 * row), t2);
      t3 = q.fma(load(b, next + 3 * row), t3);
    }
    float r0 = LaneSum.of(s0.add(t0));
    float r1 = LaneSum.of(s1.add(t1));
    float r2 = LaneSum.of(s2.add(t2));
    float r3 = LaneSum.of(s3.add(t3));
    for (; l < k; l++) {
      float p = a.get(JAVA_FLOAT_UNALIGNED, atA + 4L * l);
      long at = atB + 4L * l;
      r0 = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, at), r0);
      r1 = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, at + row), r1);
      r2 = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, at + 2 * row), r2);
      r3 = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, at + 3 * row), r3);
    }
    y.set(JAVA_FLOAT_UNALIGNED, out, r0);
    y.set(JAVA_FLOAT_UNALIGNED, out + 4, r1);
    y.set(JAVA_FLOAT_UNALIGNED, out + 8, r2);
    y.set(JAVA_FLOAT_UNALIGNED, out + 12, r3);
  }

  /** Returns the product of two rows, in the same order as {@link #dot4}. */
  static float dot(MemorySegment a, long atA, MemorySegment b, long atB, int k) {
    FloatVector s = FloatVector.zero(SPECIES);
    FloatVector t = FloatVector.zero(SPECIES);
    int l = 0;
    for (; l <= k - 2 * LANES; l += 2 * LANES) {
      s = load(a, atA + 4L * l).fma(load(b, atB + 4L * l), s);
      long next = 4L * (l + LANES);
      t = load(a, atA + next).fma(load(b, atB + next), t);
    }
    float r = LaneSum.of(s.add(t));
    for (; l < k; l++) {
      float p = a.get(JAVA_FLOAT_UNALIGNED, atA + 4L * l);
      r = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, atB + 4L * l), r);
    }
    return r;
  }

  /** {@code y[j] = Σ a[l]·b[l][j]}: vectors along the columns of b, which lie in rows. */
  static void scaledSums(
      MemorySegment a,
      long atA,
      int k,
      MemorySegment b,
      long atB,
      long row,
      int count,
      MemorySegment y,
      long out) {
    b = NATIVE.cast(b);
    y = NATIVE.cast(y);
    int j = 0;
    for (; j <= count - 4 * LANES; j += 4 * LANES) {
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = FloatVector.zero(SPECIES);
      FloatVector s2 = FloatVector.zero(SPECIES);
      FloatVector s3 = FloatVector.zero(SPECIES);
      for (int l = 0; l < k; l++) {
        FloatVector p = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, atA + 4L * l));
        long at = atB + l * row + 4L * j;
        s0 = p.fma(load(b, at), s0);
        s1 = p.fma(load(b, at + 4L * LANES), s1);
        s2 = p.fma(load(b, at + 8L * LANES), s2);
        s3 = p.fma(load(b, at + 12L * LANES), s3);
      }
      s0.intoMemorySegment(y, out + 4L * j, ORDER);
      s1.intoMemorySegment(y, out + 4L * (j + LANES), ORDER);
      s2.intoMemorySegment(y, out + 4L * (j + 2 * LANES), ORDER);
      s3.intoMemorySegment(y, out + 4L * (j + 3 * LANES), ORDER);
    }
    for (; j < count; j += LANES) {
      VectorMask<Float> rest = SPECIES.indexInRange(j, count);
      FloatVector s = FloatVector.zero(SPECIES);
      for (int l = 0; l < k; l++) {
        FloatVector p = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, atA + 4L * l));
        s =
            FloatVector.fromMemorySegment(SPECIES, b, atB + l * row + 4L * j, ORDER, rest)
                .fma(p, s);
      }
      s.intoMemorySegment(y, out + 4L * j, ORDER, rest);
    }
  }
}
