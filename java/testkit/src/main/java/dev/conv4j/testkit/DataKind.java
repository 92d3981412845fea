package dev.conv4j.testkit;

/** What the operands of a test hold. */
public enum DataKind {
  /**
   * Small whole numbers, so that every sum is exact in any order and the result must match to the
   * bit: a wrong index cannot hide behind a tolerance.
   */
  INTEGER,
  /** Uniform in [-1, 1): rounding errors must stay within the derived bound. */
  FLOAT
}
