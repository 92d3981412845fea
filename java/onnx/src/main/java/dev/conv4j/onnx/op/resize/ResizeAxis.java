package dev.conv4j.onnx.op.resize;

/**
 * For each output position along one axis, the input positions it is made of and their weights. The
 * rules are those of the ONNX project's reference implementation.
 *
 * @param index input positions, clamped to the axis
 * @param weight as many weights, or none where the result is the extrapolation value
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ResizeAxis(int[][] index, double[][] weight) {

  /** How to resample an axis. */
  record Rule(
      Interpolation mode,
      CoordinateRule coordinates,
      NearestRule nearest,
      double cubicA,
      boolean excludeOutside,
      boolean antialias) {}

  /** The kernel. */
  enum Interpolation {
    NEAREST,
    LINEAR,
    CUBIC
  }

  /** Which of two neighbours is the nearest. */
  enum NearestRule {
    ROUND_PREFER_FLOOR,
    ROUND_PREFER_CEIL,
    FLOOR,
    CEIL,
    /** Upsample and Resize up to opset 10: floor, but the upper neighbour when shrinking. */
    SIMPLE
  }

  /** Where an output position lies in the input. */
  enum CoordinateRule {
    HALF_PIXEL,
    HALF_PIXEL_SYMMETRIC,
    PYTORCH_HALF_PIXEL,
    ALIGN_CORNERS,
    ASYMMETRIC,
    TF_HALF_PIXEL_FOR_NN,
    TF_CROP_AND_RESIZE
  }

  /**
   * Makes the axis.
   *
   * @param in input extent
   * @param scale how many output positions there are for one of the input; times the input extent
   *     it need not be whole
   * @param out output extent
   * @param from begin of the region of interest, 0 to 1
   * @param to its end
   */
  static ResizeAxis of(int in, double scale, int out, double from, double to, Rule rule) {
    int[][] index = new int[out][];
    double[][] weight = new double[out][];
    for (int x = 0; x < out; x++) {
      double at = position(x, in, scale, out, from, to, rule.coordinates);
      boolean crop = rule.coordinates == CoordinateRule.TF_CROP_AND_RESIZE;
      if (crop && (at < 0 || at > in - 1)) {
        index[x] = new int[0];
        weight[x] = new double[0];
        continue;
      }
      boolean whole = at == Math.rint(at);
      int base = (int) Math.floor(at) - (whole ? 1 : 0);
      double ratio = whole ? 1 : at - base;
      double shrink = Math.min(scale, 1);
      int start = start(rule, shrink);
      double[] weights = weights(rule, ratio, shrink, start);
      int[] indices = new int[weights.length];
      for (int k = 0; k < indices.length; k++) {
        int i = base + start + k;
        if (rule.excludeOutside && (i < 0 || i >= in)) {
          weights[k] = 0;
        }
        indices[k] = Math.clamp(i, 0, in - 1);
      }
      if (rule.excludeOutside || rule.antialias) {
        normalize(weights);
      }
      index[x] = indices;
      weight[x] = weights;
    }
    return new ResizeAxis(index, weight);
  }

  private static double position(
      int x, int in, double scale, int out, double from, double to, CoordinateRule rule) {
    double width = scale * in;
    return switch (rule) {
      case HALF_PIXEL -> (x + 0.5) / scale - 0.5;
      case HALF_PIXEL_SYMMETRIC -> in / 2.0 * (1 - out / width) + (x + 0.5) / scale - 0.5;
      case PYTORCH_HALF_PIXEL -> width == 1 ? -0.5 : (x + 0.5) / scale - 0.5;
      case ALIGN_CORNERS -> width == 1 ? 0 : x * (in - 1.0) / (width - 1);
      case ASYMMETRIC -> x / scale;
      case TF_HALF_PIXEL_FOR_NN -> (x + 0.5) / scale;
      case TF_CROP_AND_RESIZE ->
          from * (in - 1)
              + (width == 1
                  ? (to - from) * (in - 1) / 2
                  : x * (to - from) * (in - 1) / (width - 1));
    };
  }

  private static int start(Rule rule, double shrink) {
    return switch (rule.mode) {
      case NEAREST -> 0;
      case LINEAR -> rule.antialias ? (int) Math.floor(-1 / shrink) + 1 : 0;
      case CUBIC -> rule.antialias ? (int) Math.floor(-2 / shrink) + 1 : -1;
    };
  }

  private static double[] weights(Rule rule, double ratio, double shrink, int start) {
    if (rule.mode == Interpolation.NEAREST) {
      boolean upper = ratio == 1 || upper(rule.nearest, ratio, shrink);
      return new double[] {upper ? 0 : 1, upper ? 1 : 0};
    }
    double[] weights = new double[2 - 2 * start];
    double stretch = rule.antialias ? shrink : 1;
    for (int k = 0; k < weights.length; k++) {
      double distance = Math.abs((start + k - ratio) * stretch);
      weights[k] =
          rule.mode == Interpolation.LINEAR
              ? Math.max(0, 1 - distance)
              : cubic(distance, rule.cubicA);
    }
    return weights;
  }

  private static boolean upper(NearestRule rule, double ratio, double shrink) {
    return switch (rule) {
      case ROUND_PREFER_FLOOR -> ratio > 0.5;
      case ROUND_PREFER_CEIL -> ratio >= 0.5;
      case FLOOR -> false;
      case CEIL -> true;
      case SIMPLE -> shrink < 1;
    };
  }

  /** Keys' cubic convolution kernel. */
  private static double cubic(double x, double a) {
    if (x <= 1) {
      return ((a + 2) * x - (a + 3)) * x * x + 1;
    }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
  }

  private static void normalize(double[] weights) {
    double sum = 0;
    for (double w : weights) {
      sum += w;
    }
    for (int k = 0; k < weights.length; k++) {
      weights[k] /= sum;
    }
  }
}
