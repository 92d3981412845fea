package dev.conv4j.cpu.winograd;

/**
 * The points 0, ±{@link #A}, ±{@link #B} and infinity. These two halve the rounding error of the
 * usual 1 and 2, since powers of neither grow, and their squares are exact. (Barabasz et al.,
 * "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural Networks",
 * section 6, on the choice of points.)
 */
final class SixPoints {

  static final float A = 0.625f;
  static final float B = 1.5f;

  /** Their squares, which are exact. */
  static final float AA = A * A;

  static final float BB = B * B;

  private static final int COUNT = 6;

  private SixPoints() {}

  /**
   * Returns the filter's transform, a row for each point: the filter as a polynomial, evaluated
   * there, over what Lagrange's basis polynomial of the point has as its denominator.
   *
   * @param taps three or five
   */
  static float[][] filter(int taps) {
    double aa = (double) A * A;
    double bb = (double) B * B;
    double[] points = {0, A, -A, B, -B};
    double ofA = 2 * aa * (aa - bb);
    double ofB = 2 * bb * (bb - aa);
    double[] denominators = {aa * bb, ofA, ofA, ofB, ofB};
    float[][] rows = new float[COUNT][taps];
    for (int i = 0; i < points.length; i++) {
      double power = 1;
      for (int tap = 0; tap < taps; tap++) {
        rows[i][tap] = (float) (power / denominators[i]);
        power *= points[i];
      }
    }
    rows[COUNT - 1][taps - 1] = 1;
    return rows;
  }
}
