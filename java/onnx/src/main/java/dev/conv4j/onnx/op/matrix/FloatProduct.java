package dev.conv4j.onnx.op.matrix;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Products of float matrices, with loops the compiler vectorises. */
final class FloatProduct {

  private FloatProduct() {}

  /** {@code Y = A·B}: rows of B are added up, scaled, in one row of sums. */
  static void rowMajor(
      MemorySegment a,
      long fromA,
      MemorySegment b,
      long fromB,
      MemorySegment y,
      long out,
      MatrixShapes shapes) {
    int n = Math.toIntExact(shapes.columns());
    float[] sums = new float[n];
    for (long i = 0; i < shapes.rows(); i++) {
      java.util.Arrays.fill(sums, 0);
      for (long k = 0; k < shapes.inner(); k++) {
        float factor = a.get(JAVA_FLOAT_UNALIGNED, 4 * (fromA + i * shapes.inner() + k));
        addScaled(b, 4 * (fromB + k * n), factor, sums);
      }
      MemorySegment.copy(sums, 0, y, JAVA_FLOAT_UNALIGNED, 4 * (out + i * n), n);
    }
  }

  private static void addScaled(MemorySegment b, long at, float factor, float[] sums) {
    for (int j = 0; j < sums.length; j++) {
      sums[j] = Math.fma(factor, b.get(JAVA_FLOAT_UNALIGNED, at + 4L * j), sums[j]);
    }
  }

  /** Returns the product of two runs of floats; sixteen sums run side by side. */
  static float dot(MemorySegment a, long fromA, MemorySegment b, long fromB, long length) {
    float[] sums = new float[16];
    long blocks = length - length % 16;
    for (long k = 0; k < blocks; k += 16) {
      for (int lane = 0; lane < 16; lane++) {
        float p = a.get(JAVA_FLOAT_UNALIGNED, 4 * (fromA + k + lane));
        float q = b.get(JAVA_FLOAT_UNALIGNED, 4 * (fromB + k + lane));
        sums[lane] = Math.fma(p, q, sums[lane]);
      }
    }
    float total = 0;
    for (float sum : sums) {
      total += sum;
    }
    for (long k = blocks; k < length; k++) {
      float p = a.get(JAVA_FLOAT_UNALIGNED, 4 * (fromA + k));
      total = Math.fma(p, b.get(JAVA_FLOAT_UNALIGNED, 4 * (fromB + k)), total);
    }
    return total;
  }
}
