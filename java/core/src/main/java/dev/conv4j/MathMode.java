package dev.conv4j;

/** The precision the inner products may use. Anything but {@link #STRICT} must be asked for. */
public enum MathMode {
  /**
   * Products and sums at least as precise as the operands' type, accumulated in f32 (i32 for
   * integers).
   */
  STRICT,
  /** f32 operands may be rounded to TF32 (10 mantissa bits) before multiplying. */
  TF32,
  /** f32 operands may be rounded to f16 before multiplying. */
  F16
}
