package dev.conv4j;

/**
 * What is fused behind the sum of products: {@code activation(sum + bias + residual)}. Which of the
 * two operands are present is part of the plan; their tensors are passed to each run.
 *
 * @param bias whether one value for each channel of the result is added
 * @param residual whether a tensor of the result's shape, type and layout is added; passing the
 *     result itself accumulates into it
 * @param activation the last step
 */
public record Epilogue(boolean bias, boolean residual, Activation activation) {

  /** Nothing fused. */
  public static final Epilogue NONE = new Epilogue(false, false, Activation.NONE);

  /** A bias only. */
  public static final Epilogue BIAS = new Epilogue(true, false, Activation.NONE);

  /** A bias and ReLU. */
  public static final Epilogue BIAS_RELU = new Epilogue(true, false, Activation.RELU);

  /** Returns the same epilogue with another last step. */
  public Epilogue with(Activation last) {
    return new Epilogue(bias, residual, last);
  }

  /** Returns whether there is nothing to do. */
  public boolean isNone() {
    return !bias && !residual && activation.kind() == Activation.Kind.NONE;
  }
}
