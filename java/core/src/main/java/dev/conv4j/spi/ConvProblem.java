package dev.conv4j.spi;

import dev.conv4j.ChannelRange;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Shape;

/**
 * A convolution with everything that decides how it is computed.
 *
 * @param convolution the problem
 * @param options the options; an algorithm ignores the cap, the forced id and the fallback policy,
 *     which the planner applies
 */
public record ConvProblem(Convolution convolution, ConvOptions options) {

  /** Returns the shape of the first operand: x, or dy for backward-data. */
  public Shape firstShape() {
    return switch (options.direction()) {
      case FORWARD, BACKWARD_FILTER -> convolution.inputShape();
      case BACKWARD_DATA -> convolution.outputShape();
    };
  }

  /** Returns the shape of the second operand: w, or dy for backward-filter. */
  public Shape secondShape() {
    return switch (options.direction()) {
      case FORWARD, BACKWARD_DATA -> convolution.filterShape();
      case BACKWARD_FILTER -> convolution.outputShape();
    };
  }

  /**
   * Returns the shape of the tensor that takes the result: y, dx or dw, or where the result is a
   * range of channels, the whole.
   */
  public Shape resultShape() {
    ChannelRange range = options.resultRange();
    if (range == null) {
      return computedShape();
    }
    long[] dims = convolution.outputShape().dims();
    dims[1] = range.of();
    return Shape.of(dims);
  }

  /** Returns the memory order of that tensor. */
  public Layout resultLayout() {
    return options.direction() == Direction.BACKWARD_FILTER
        ? options.filterLayout()
        : options.layout();
  }

  /** Returns the shape of what is computed: y, dx or dw. */
  public Shape computedShape() {
    return switch (options.direction()) {
      case FORWARD -> convolution.outputShape();
      case BACKWARD_DATA -> convolution.inputShape();
      case BACKWARD_FILTER -> convolution.filterShape();
    };
  }

  /**
   * Returns the number of bias values: K forward, C for backward-data. Backward-filter takes no
   * bias.
   */
  public long biasLength() {
    return switch (options.direction()) {
      case FORWARD -> convolution.filters();
      case BACKWARD_DATA -> convolution.channels();
      case BACKWARD_FILTER -> 0;
    };
  }
}
