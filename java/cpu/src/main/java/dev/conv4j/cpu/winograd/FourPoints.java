package dev.conv4j.cpu.winograd;

/** The points 0, 1, -1 and infinity: every factor is a power of two. */
final class FourPoints {

  private static final float[][] THREE_TAPS = {
    {1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1},
  };

  private FourPoints() {}

  /** Returns the filter's transform for three taps, a row for each point. */
  static float[][] filter() {
    return THREE_TAPS;
  }
}
