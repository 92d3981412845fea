package dev.conv4j.cli.check;

import dev.conv4j.DType;

/**
 * How far a result may lie from the exact sum: {@code (terms + 2) · ulp(1) · Σ|a·b|}, the classical
 * bound for a sum of products in any order (Higham, "Accuracy and Stability of Numerical
 * Algorithms", section 3.1), times the factor an algorithm declares, plus half a unit of the type
 * the result is stored in. Integer results have no error.
 *
 * @param terms products in a sum
 * @param factor the algorithm's declared error factor, 1 for a plain sum
 * @param result the type of the result
 */
public record ErrorBound(long terms, double factor, DType result) {

  /** Returns the largest error allowed for one element. */
  public double of(DirectSum.Sum exact) {
    if (result.isInteger()) {
      return 0;
    }
    return factor * (terms + 2) * unit() * exact.magnitude() + storageRounding(exact.value());
  }

  private double unit() {
    // The oracle itself rounds in double precision, so that both errors count for f64.
    return result == DType.F64 ? 2 * Math.ulp(1.0) : Math.ulp(1.0f);
  }

  private double storageRounding(double value) {
    return switch (result) {
      case F16 -> Math.abs(value) * 0x1p-11 + 0x1p-25;
      case BF16 -> Math.abs(value) * 0x1p-8;
      default -> 0;
    };
  }
}
