package dev.conv4j;

/** What happens when only the reference algorithm can run a problem. */
public enum FallbackPolicy {
  /** {@link UnsupportedProblemException}. */
  FAIL,
  /** Runs, and logs one warning for each problem. The default. */
  WARN,
  /** Runs; {@link ConvPlan#explain()} still says so. */
  ALLOW
}
