package dev.conv4j;

/**
 * Padding rules that follow from the extents, as TensorFlow and ONNX {@code auto_pad} define them.
 */
public enum Padding {
  /** {@code ceil(input / stride)} outputs; an odd remainder goes to the end. */
  SAME_UPPER,
  /** {@code ceil(input / stride)} outputs; an odd remainder goes to the beginning. */
  SAME_LOWER,
  /** No padding. */
  VALID
}
