package dev.conv4j.cli.bench;

import java.util.Arrays;

/**
 * What is said of a sample of times: robust, since machines are shared.
 *
 * @param samples how many
 * @param median in the samples' unit
 * @param min the least
 * @param low lower end of a 95 % confidence interval of the median
 * @param high its upper end
 */
public record Statistics(int samples, double median, double min, double low, double high) {

  private static final double TAIL = 0.025;

  /** With 5, even the whole range misses the true median once in 16 times. */
  private static final int FEWEST_FOR_INTERVAL = 6;

  /** From here on the binomial is as good as normal. */
  private static final int NORMAL_FROM = 500;

  private static final double QUANTILE = 1.959964;

  /**
   * Describes a sample. The interval lies between order statistics: it assumes nothing of the
   * distribution, only that the samples are independent (Conover, "Practical Nonparametric
   * Statistics", section 3.2).
   *
   * @param sample at least one time
   */
  public static Statistics of(double... sample) {
    double[] sorted = sample.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    int cut = tail(n);
    return new Statistics(
        n, (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0], sorted[cut], sorted[n - 1 - cut]);
  }

  /**
   * Returns how many samples may be cut off at each end: at most k of them lie below the true
   * median with probability {@code P(B <= k)}, B binomial(n, 1/2).
   */
  private static int tail(int n) {
    if (n > NORMAL_FROM) {
      return (int) Math.floor((n - QUANTILE * Math.sqrt(n)) / 2) - 1;
    }
    double probability = Math.pow(0.5, n);
    double cumulated = probability;
    int cut = 0;
    while (cumulated <= TAIL) {
      cut++;
      probability *= (n - cut + 1) / (double) cut;
      cumulated += probability;
    }
    return Math.max(0, cut - 1);
  }

  /** Returns whether there are enough samples for a 95 % interval. */
  public boolean hasInterval() {
    return samples >= FEWEST_FOR_INTERVAL;
  }

  /** Returns half the interval as a share of the median. */
  public double spread() {
    return (high - low) / 2 / median;
  }

  /** Returns the same with every time multiplied. */
  public Statistics times(double factor) {
    return new Statistics(samples, median * factor, min * factor, low * factor, high * factor);
  }
}
