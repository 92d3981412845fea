package dev.conv4j.testkit;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.MathMode;

/**
 * How far a floating result may be from the exact one.
 *
 * <p>A sum of m products in any order, fused or not, errs by at most {@code (m+1)·u·Σ|a·b|} with
 * {@code u = ulp(1)/2} (Higham, "Accuracy and Stability of Numerical Algorithms", section 4.2).
 * {@code (m+2)·ulp(1)·Σ|a·b|} is twice that and covers the rounding of the result as well; bias and
 * residual are two more summands. An algorithm that declares an error factor gets that many times
 * the bound. Products of operands rounded to 11 bits by the math mode add {@code 2·2^-11·Σ|a·b|}.
 *
 * <p>An activation passes an error on, at most multiplied by the steepest slope of the function. A
 * transcendental one adds that of its own evaluation: 16 ulp of the largest intermediate value, the
 * error OpenCL C allows {@code erf}, the loosest function in use. Storing in 16 bits adds half an
 * ulp of that type.
 */
final class Bound {

  private static final double SIXTEEN_ULP = 16;

  private Bound() {}

  /**
   * Returns the error allowed.
   *
   * @param options how the result was computed
   * @param sum the exact sums of products
   * @param terms the products a direct method sums
   * @param addends {@code |bias| + |residual|}
   * @param before the exact value the activation is applied to
   * @param result the exact result
   * @param factor the algorithm's declared error factor, or 0 where sums are exact
   */
  static double allowed(
      ConvOptions options,
      Oracle.Sum sum,
      long terms,
      double addends,
      double before,
      double result,
      double factor) {
    DType type = options.resultType();
    double ulp = unit(type);
    double summed = factor * (Math.max(terms, sum.terms()) + 4) * ulp * (sum.magnitude() + addends);
    if (options.mathMode() != MathMode.STRICT && factor > 0) {
      summed += 2 * Math.scalb(1.0, -11) * sum.magnitude();
    }
    Activation activation = options.epilogue().activation();
    double passed = slope(activation) * summed + evaluation(activation, before, ulp);
    return passed + storage(type, Math.abs(result) + passed);
  }

  /** ulp(1) of the type sums are kept in; f64 is doubled, as the oracle errs as much itself. */
  private static double unit(DType type) {
    return type == DType.F64 ? 2 * Math.ulp(1.0) : Math.ulp(1f);
  }

  /** The steepest slope of a function. */
  private static double slope(Activation activation) {
    return switch (activation.kind()) {
      case NONE, RELU, CLIP, TANH -> 1;
      case LEAKY_RELU -> Math.max(1, Math.abs(activation.alpha()));
      case SIGMOID -> 0.25;
      case SILU -> 1.1;
      case GELU -> 1.13;
      case HARD_SWISH -> 1.5;
    };
  }

  private static double evaluation(Activation activation, double before, double ulp) {
    double size = Math.abs(before);
    return switch (activation.kind()) {
      case NONE, RELU, CLIP -> 0;
      case LEAKY_RELU -> before < 0 ? ulp * Math.abs(activation.alpha()) * size : 0;
      case HARD_SWISH -> 4 * ulp * size;
      case SIGMOID, TANH -> SIXTEEN_ULP * ulp;
      case SILU, GELU -> SIXTEEN_ULP * ulp * size;
    };
  }

  /** Whether a function keeps whole numbers (and quarters) exact. */
  static boolean isExact(Activation activation) {
    return switch (activation.kind()) {
      case NONE, RELU, CLIP -> true;
      case LEAKY_RELU -> 4 * activation.alpha() == Math.rint(4 * activation.alpha());
      case SIGMOID, TANH, SILU, GELU, HARD_SWISH -> false;
    };
  }

  private static double storage(DType type, double size) {
    return switch (type) {
      case F16 -> Math.max(Math.scalb(size, -11), Math.scalb(1.0, -25));
      case BF16 -> Math.scalb(size, -8);
      default -> 0;
    };
  }
}
