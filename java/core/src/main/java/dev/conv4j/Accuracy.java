package dev.conv4j;

/** Which algorithms a plan may choose by their declared rounding error. */
public enum Accuracy {
  /**
   * Any algorithm, also those that trade rounding error for fewer multiplications (Winograd, FFT).
   */
  STANDARD,
  /** Only algorithms within the bound of a plain sum of products (error factor 1). */
  STRICT
}
