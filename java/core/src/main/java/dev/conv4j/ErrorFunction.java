package dev.conv4j;

/** The complementary error function in double precision. */
final class ErrorFunction {

  private ErrorFunction() {}

  /**
   * Returns {@code 1 - erf(x)} with a relative error below 1e-14 for moderate arguments: the Taylor
   * series (Abramowitz and Stegun 7.1.6) near zero, the continued fraction (7.1.14), evaluated
   * backwards, in the tail. They change hands where the difference from 1 begins to cancel.
   */
  static double erfc(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    double a = Math.abs(x);
    double value;
    if (a < 1.4) {
      double term = a;
      double sum = a;
      for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
        term *= 2 * a * a / (2 * n + 1);
        sum += term;
      }
      value = 1 - 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
    } else {
      double fraction = 0;
      for (int n = 100; n >= 1; n--) {
        fraction = n / 2.0 / (a + fraction);
      }
      value = Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction);
    }
    return x >= 0 ? value : 2 - value;
  }
}
