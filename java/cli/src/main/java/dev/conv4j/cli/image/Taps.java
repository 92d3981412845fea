package dev.conv4j.cli.image;

/**
 * A filter's weights, row by row.
 *
 * @param rows its height
 * @param columns its width
 * @param weights rows times columns of them
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Taps(int rows, int columns, float... weights) {

  Taps {
    if (weights.length != rows * columns) {
      throw new IllegalArgumentException(weights.length + " weights");
    }
  }

  /** Returns the normalised Gaussian on a row, out to three standard deviations. */
  static Taps gaussianRow(double sigma) {
    int radius = (int) Math.ceil(3 * sigma);
    double[] bell = new double[2 * radius + 1];
    double sum = 0;
    for (int i = 0; i < bell.length; i++) {
      double x = (i - radius) / sigma;
      bell[i] = Math.exp(-x * x / 2);
      sum += bell[i];
    }
    float[] weights = new float[bell.length];
    for (int i = 0; i < bell.length; i++) {
      weights[i] = (float) (bell[i] / sum);
    }
    return new Taps(1, weights.length, weights);
  }

  /** Returns the mean of n neighbours on a row. */
  static Taps boxRow(int n) {
    float[] weights = new float[n];
    java.util.Arrays.fill(weights, 1f / n);
    return new Taps(1, n, weights);
  }

  /** Returns the same weights with rows and columns exchanged. */
  Taps transposed() {
    float[] turned = new float[weights.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        turned[c * rows + r] = weights[r * columns + c];
      }
    }
    return new Taps(columns, rows, turned);
  }

  /** Returns whether no weight is negative, so that the result is a mean: a blur. */
  boolean smooths() {
    for (float weight : weights) {
      if (weight < 0) {
        return false;
      }
    }
    return true;
  }
}
