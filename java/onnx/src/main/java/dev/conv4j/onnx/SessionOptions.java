package dev.conv4j.onnx;

import dev.conv4j.Accuracy;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.MathMode;

/**
 * How a session computes. Immutable.
 *
 * @param mathMode precision of products
 * @param accuracy which algorithms may be chosen by rounding error
 * @param fallback what happens when only the slow reference is left for a convolution
 * @param fuse whether the network is simplified and its nodes merged before it runs
 */
public record SessionOptions(
    MathMode mathMode, Accuracy accuracy, FallbackPolicy fallback, boolean fuse) {

  /** Strict math, any algorithm, a warning on fallback, nodes merged. */
  public static final SessionOptions DEFAULT =
      new SessionOptions(MathMode.STRICT, Accuracy.STANDARD, FallbackPolicy.WARN, true);

  /** Returns the same options with another precision of products. */
  public SessionOptions withMathMode(MathMode mode) {
    return new SessionOptions(mode, accuracy, fallback, fuse);
  }

  /** Returns the same options with other algorithms allowed. */
  public SessionOptions withAccuracy(Accuracy limit) {
    return new SessionOptions(mathMode, limit, fallback, fuse);
  }

  /** Returns the same options with another fallback policy. */
  public SessionOptions withFallback(FallbackPolicy policy) {
    return new SessionOptions(mathMode, accuracy, policy, fuse);
  }

  /** Returns the same options with the network simplified, or run node by node as written. */
  public SessionOptions withFuse(boolean merged) {
    return new SessionOptions(mathMode, accuracy, fallback, merged);
  }
}
