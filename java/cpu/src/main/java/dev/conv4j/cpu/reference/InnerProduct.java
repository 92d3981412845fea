package dev.conv4j.cpu.reference;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.DType;
import java.lang.foreign.MemorySegment;

/**
 * Sums products of strided elements. In double precision for every type: exact for integers and for
 * each product of f32, and f64 is served by the same loops.
 */
sealed interface InnerProduct {

  /**
   * Returns {@code Σ a[aAt + i·aStep]·b[bAt + i·bStep]} for i below count; positions in elements.
   */
  double sum(
      MemorySegment a, long aAt, long aStep, MemorySegment b, long bAt, long bStep, long count);

  /** Returns the loops for two floating types. */
  static InnerProduct of(DType a, DType b) {
    if (a == DType.F32 && b == DType.F32) {
      return new F32();
    }
    return a == DType.F64 && b == DType.F64 ? new F64() : new Mixed(a, b);
  }

  /** Both f32. */
  record F32() implements InnerProduct {
    @Override
    public double sum(
        MemorySegment a, long aAt, long aStep, MemorySegment b, long bAt, long bStep, long count) {
      double sum = 0;
      for (long i = 0; i < count; i++) {
        double x = a.get(JAVA_FLOAT_UNALIGNED, (aAt + i * aStep) * Float.BYTES);
        sum += x * b.get(JAVA_FLOAT_UNALIGNED, (bAt + i * bStep) * Float.BYTES);
      }
      return sum;
    }
  }

  /** Both f64. */
  record F64() implements InnerProduct {
    @Override
    public double sum(
        MemorySegment a, long aAt, long aStep, MemorySegment b, long bAt, long bStep, long count) {
      double sum = 0;
      for (long i = 0; i < count; i++) {
        double x = a.get(JAVA_DOUBLE_UNALIGNED, (aAt + i * aStep) * Double.BYTES);
        sum += x * b.get(JAVA_DOUBLE_UNALIGNED, (bAt + i * bStep) * Double.BYTES);
      }
      return sum;
    }
  }

  /**
   * Any two types.
   *
   * @param typeA of a
   * @param typeB of b
   */
  record Mixed(DType typeA, DType typeB) implements InnerProduct {
    @Override
    public double sum(
        MemorySegment a, long aAt, long aStep, MemorySegment b, long bAt, long bStep, long count) {
      double sum = 0;
      for (long i = 0; i < count; i++) {
        sum += typeA.load(a, aAt + i * aStep) * typeB.load(b, bAt + i * bStep);
      }
      return sum;
    }
  }

  /**
   * Signed or unsigned bytes around their zero points.
   *
   * @param signA 0x80 if a is signed, else 0
   * @param zeroA a's zero point
   * @param signB 0x80 if b is signed, else 0
   * @param zeroB b's zero point
   */
  record Bytes(int signA, int zeroA, int signB, int zeroB) implements InnerProduct {

    static Bytes of(DType a, int zeroA, DType b, int zeroB) {
      return new Bytes(a == DType.I8 ? 0x80 : 0, zeroA, b == DType.I8 ? 0x80 : 0, zeroB);
    }

    @Override
    public double sum(
        MemorySegment a, long aAt, long aStep, MemorySegment b, long bAt, long bStep, long count) {
      long sum = 0;
      for (long i = 0; i < count; i++) {
        int x = ((a.get(JAVA_BYTE, aAt + i * aStep) & 0xff) ^ signA) - signA - zeroA;
        int y = ((b.get(JAVA_BYTE, bAt + i * bStep) & 0xff) ^ signB) - signB - zeroB;
        sum += (long) x * y;
      }
      return sum;
    }
  }
}
