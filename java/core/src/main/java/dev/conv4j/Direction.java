package dev.conv4j;

/** Which of the three products of a convolution layer a plan computes. */
public enum Direction {
  /** {@code y = x * w}. Operands: input, filter. */
  FORWARD,
  /**
   * {@code dx} from {@code dy} and the filter; also the transposed convolution of the twin problem.
   */
  BACKWARD_DATA,
  /** {@code dw} from the input and {@code dy}. */
  BACKWARD_FILTER
}
