package dev.conv4j;

import org.jspecify.annotations.Nullable;

/**
 * How a {@link Convolution} is to be computed. Immutable; part of the plan cache's key, so every
 * component counts.
 *
 * @param direction which product
 * @param inputType type of x and dx
 * @param filterType type of w and dw
 * @param outputType type of y and dy
 * @param layout memory order of x, y and their gradients
 * @param filterLayout memory order of w and dw
 * @param epilogue what is fused behind the sums
 * @param quantization zero points and scales of an integer convolution
 * @param resultRange which channels of a larger tensor the results are, forward only, or null for a
 *     tensor of their own. Result and residual are then tensors with all channels, of which these
 *     alone are written and read
 * @param flipped whether the filter is mirrored on every axis: true convolution, as in signal
 *     processing
 * @param mathMode precision of the products
 * @param accuracy which algorithms may be chosen by rounding error
 * @param deterministic whether results must not depend on timing, thread count, or the rest of the
 *     batch
 * @param workspaceCap bytes of scratch one run may use, at least 0
 * @param algorithm id of the one algorithm to use, or null to let the planner choose
 * @param fallback what happens when only the reference is left
 */
public record ConvOptions(
    Direction direction,
    DType inputType,
    DType filterType,
    DType outputType,
    Layout layout,
    Layout filterLayout,
    Epilogue epilogue,
    Quantization quantization,
    @Nullable ChannelRange resultRange,
    boolean flipped,
    MathMode mathMode,
    Accuracy accuracy,
    boolean deterministic,
    long workspaceCap,
    @Nullable String algorithm,
    FallbackPolicy fallback) {

  /**
   * Forward, f32, NCHW, nothing fused, strict math, deterministic, no workspace cap, warn on
   * fallback.
   */
  public static final ConvOptions DEFAULT = new ConvOptionsBuilder().build();

  /**
   * Checks that the types fit one another.
   *
   * @throws InvalidArgumentException naming the first rule broken
   */
  public ConvOptions {
    if (workspaceCap < 0) {
      throw new InvalidArgumentException("workspaceCap", workspaceCap, "0 or more bytes");
    }
    boolean integers = inputType.isInteger();
    if (integers != filterType.isInteger() || integers != outputType.isInteger()) {
      throw new InvalidArgumentException(
          "types",
          inputType.spelling() + " * " + filterType.spelling() + " -> " + outputType.spelling(),
          "all integer or all floating");
    }
    if (integers) {
      checkInteger(direction, inputType, filterType, outputType, epilogue, quantization);
    } else if (!quantization.equals(Quantization.NONE)) {
      throw new InvalidArgumentException(
          "quantization", quantization, "Quantization.NONE for floating types");
    }
    if (resultRange != null && direction != Direction.FORWARD) {
      throw new InvalidArgumentException("result range", resultRange, "none for " + direction);
    }
  }

  private static void checkInteger(
      Direction direction,
      DType input,
      DType filter,
      DType output,
      Epilogue epilogue,
      Quantization quantization) {
    if (direction != Direction.FORWARD) {
      throw new InvalidArgumentException("direction", direction, "FORWARD for integer types");
    }
    if (input == DType.I32 || filter == DType.I32) {
      throw new InvalidArgumentException(
          "types",
          input.spelling() + " * " + filter.spelling(),
          "i8 or u8 operands for an integer convolution");
    }
    if ((output == DType.I32) != quantization.multipliers().isEmpty()) {
      throw new InvalidArgumentException(
          "quantization multipliers",
          quantization.multipliers(),
          "none for an i32 result, some for i8 and u8");
    }
    if (output != DType.I32
        && (epilogue.residual() || epilogue.activation().kind() != Activation.Kind.NONE)) {
      throw new InvalidArgumentException(
          "epilogue", epilogue, "at most a bias for a quantized result");
    }
  }

  /** Returns a builder with the values of {@link #DEFAULT}. */
  public static ConvOptionsBuilder builder() {
    return new ConvOptionsBuilder();
  }

  /** Returns a builder with the values of this. */
  public ConvOptionsBuilder toBuilder() {
    return new ConvOptionsBuilder(this);
  }

  /**
   * Returns the type in which bias tensors come: i32 for integer convolutions, else the result's
   * type.
   */
  public DType biasType() {
    return inputType.isInteger() ? DType.I32 : resultType();
  }

  /** Returns the type of what this direction computes. */
  public DType resultType() {
    return switch (direction) {
      case FORWARD -> outputType;
      case BACKWARD_DATA -> inputType;
      case BACKWARD_FILTER -> filterType;
    };
  }

  /**
   * Checks what depends on the problem.
   *
   * @throws InvalidArgumentException naming the option that does not fit
   */
  void requireFits(Convolution convolution) {
    long filters = convolution.filters();
    if (quantization.filterZeros().size() > 1 && quantization.filterZeros().size() != filters) {
      throw new InvalidArgumentException(
          "filter zero points", quantization.filterZeros().size(), "1 or " + filters);
    }
    if (quantization.multipliers().size() > 1 && quantization.multipliers().size() != filters) {
      throw new InvalidArgumentException(
          "quantization multipliers", quantization.multipliers().size(), "1 or " + filters);
    }
    if (direction == Direction.BACKWARD_FILTER && epilogue.bias()) {
      throw new InvalidArgumentException("epilogue", epilogue, "no bias for a filter gradient");
    }
    if (resultRange != null && !resultRange.holds(filters)) {
      throw new InvalidArgumentException(
          "result range", resultRange, "room for " + filters + " channels");
    }
  }
}
