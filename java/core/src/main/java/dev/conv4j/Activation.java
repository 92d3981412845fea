package dev.conv4j;

/**
 * The last step of an epilogue, applied element by element.
 *
 * @param kind the function
 * @param alpha its first parameter: slope of {@link Kind#LEAKY_RELU}, lower bound of {@link
 *     Kind#CLIP}; else 0
 * @param beta its second parameter: upper bound of {@link Kind#CLIP}; else 0
 */
public record Activation(Kind kind, float alpha, float beta) {

  /** The functions. */
  public enum Kind {
    /** {@code v}. */
    NONE,
    /** {@code max(v, 0)}. */
    RELU,
    /** {@code min(max(v, alpha), beta)}; relu6 is clip(0, 6). */
    CLIP,
    /** {@code v >= 0 ? v : alpha·v}. */
    LEAKY_RELU,
    /** {@code 1 / (1 + e^-v)}. */
    SIGMOID,
    /** Hyperbolic tangent. */
    TANH,
    /** {@code v · sigmoid(v)}, also called swish. */
    SILU,
    /** {@code v · min(max(v + 3, 0), 6) / 6}. */
    HARD_SWISH,
    /** {@code v/2 · (1 + erf(v/√2))}, the exact form. */
    GELU
  }

  /** Passes values through. */
  public static final Activation NONE = new Activation(Kind.NONE, 0, 0);

  /** {@code max(v, 0)}. */
  public static final Activation RELU = new Activation(Kind.RELU, 0, 0);

  /** {@code min(max(v, 0), 6)}. */
  public static final Activation RELU6 = clip(0, 6);

  /** {@code 1 / (1 + e^-v)}. */
  public static final Activation SIGMOID = new Activation(Kind.SIGMOID, 0, 0);

  /** Hyperbolic tangent. */
  public static final Activation TANH = new Activation(Kind.TANH, 0, 0);

  /** {@code v · sigmoid(v)}. */
  public static final Activation SILU = new Activation(Kind.SILU, 0, 0);

  /** {@code v · min(max(v + 3, 0), 6) / 6}. */
  public static final Activation HARD_SWISH = new Activation(Kind.HARD_SWISH, 0, 0);

  /** The exact Gaussian error linear unit. */
  public static final Activation GELU = new Activation(Kind.GELU, 0, 0);

  /**
   * Checks the parameters.
   *
   * @throws InvalidArgumentException if a clip's bounds are not ordered or a parameter is not a
   *     number
   */
  public Activation {
    if (Float.isNaN(alpha) || Float.isNaN(beta)) {
      throw new InvalidArgumentException("activation parameters", alpha + ", " + beta, "numbers");
    }
    if (kind == Kind.CLIP && alpha > beta) {
      throw new InvalidArgumentException("clip bounds", alpha + ", " + beta, "the lower one first");
    }
  }

  /** Returns {@code min(max(v, low), high)}. */
  public static Activation clip(float low, float high) {
    return new Activation(Kind.CLIP, low, high);
  }

  /** Returns {@code v >= 0 ? v : slope·v}. */
  public static Activation leakyRelu(float slope) {
    return new Activation(Kind.LEAKY_RELU, slope, 0);
  }

  /**
   * Returns the function's value in double precision, NaN for NaN: the definition every kernel is
   * tested against.
   */
  public double apply(double v) {
    return switch (kind) {
      case NONE -> v;
      case RELU -> Math.max(v, 0);
      case CLIP -> Math.min(Math.max(v, alpha), beta);
      case LEAKY_RELU -> v >= 0 ? v : alpha * v;
      case SIGMOID -> 1 / (1 + Math.exp(-v));
      case TANH -> Math.tanh(v);
      case SILU -> v / (1 + Math.exp(-v));
      case HARD_SWISH -> v * Math.min(Math.max(v + 3, 0), 6) / 6;
      case GELU -> 0.5 * v * ErrorFunction.erfc(-v / Math.sqrt(2));
    };
  }
}
