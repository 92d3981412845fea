package dev.conv4j.cuda;

import dev.conv4j.Axes;
import java.nio.ByteBuffer;

/**
 * How the index of a column or of a product falls into an outer digit and one for each axis, and
 * where each leads; the twin of {@code IndexMap} in {@code gemm.cuh}.
 *
 * @param outer the outer digit's extent
 * @param extents the axes' digits' extents; a 0 makes a sum of no products
 * @param outerFastest whether the outer digit runs fastest, else slowest
 * @param xOuter elements of the gathered tensor for a step of the outer digit
 * @param step coordinates for a step on each axis
 * @param base coordinates at the beginning
 * @param otherOuter elements of the other tensor for a step of the outer digit
 * @param other elements of the other tensor for a step on each axis
 * @param otherBase elements of the other tensor at the beginning
 */
record IndexMap(
    long outer,
    Axes extents,
    boolean outerFastest,
    long xOuter,
    Axes step,
    Axes base,
    long otherOuter,
    Axes other,
    long otherBase) {

  /** The size of the map in bytes. */
  static final int BYTES = 26 * 4;

  long count() {
    return outer * extents.product();
  }

  /** Returns how many neighbouring indices are close together in the gathered tensor. */
  double run(long xPixel) {
    return outerFastest
        ? run(outer, xOuter)
        : extents.w() > 1 ? run(extents.w(), step.w() * xPixel) : run(outer, xOuter);
  }

  /** Returns how many neighbouring indices are close together in the other tensor. */
  double otherRun() {
    return outerFastest
        ? run(outer, otherOuter)
        : extents.w() > 1 ? run(extents.w(), other.w()) : run(outer, otherOuter);
  }

  private static double run(long extent, long stride) {
    return stride == 0 ? 1 : (double) extent / Math.abs(stride);
  }

  void put(ByteBuffer out) {
    out.putInt(narrow(count())).putInt(narrow(outer));
    put(out, extents);
    out.putInt(outerFastest ? 1 : 0).putInt(narrow(xOuter));
    put(out, step);
    put(out, base);
    out.putInt(narrow(otherOuter));
    put(out, other);
    out.putInt(narrow(otherBase));
    long[] divisors = {outer, extents.h(), extents.w(), extents.d()};
    for (long divisor : divisors) {
      out.putInt(multiplier(divisor));
    }
    for (long divisor : divisors) {
      out.putInt(shift(divisor));
    }
  }

  /** Returns the least power of two that is not below a divisor; a sum of nothing divides by 0. */
  static int shift(long divisor) {
    return divisor <= 1 ? 0 : 64 - Long.numberOfLeadingZeros(divisor - 1);
  }

  /**
   * Returns the multiplier m for which {@code (hi(n·m) + n) >> shift} is {@code n / divisor} for
   * every n below 2^31 (Granlund and Montgomery 1994).
   */
  static int multiplier(long divisor) {
    return divisor <= 1 ? 0 : (int) ((((1L << shift(divisor)) - divisor) << 32) / divisor + 1);
  }

  private static void put(ByteBuffer out, Axes axes) {
    out.putInt(narrow(axes.d())).putInt(narrow(axes.h())).putInt(narrow(axes.w()));
  }

  static int narrow(long value) {
    return Math.toIntExact(value);
  }
}
