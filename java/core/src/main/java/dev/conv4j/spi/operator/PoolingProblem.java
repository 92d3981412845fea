package dev.conv4j.spi.operator;

import dev.conv4j.Axes;
import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * The maximum or the average of windows that slide over planes; depth, height and width as in a
 * convolution. Taps on the padding do not count, except for an average that says so. The result is
 * memory of its own.
 *
 * @param kind what is made of a window
 * @param planes batch times channels
 * @param input extents of a plane
 * @param window taps on each axis
 * @param stride steps
 * @param dilation distances between taps
 * @param begin padding before each axis
 * @param end padding behind each axis; taps beyond it never count
 * @param output extents of a result's plane
 */
public record PoolingProblem(
    Kind kind,
    long planes,
    Axes input,
    Axes window,
    Axes stride,
    Axes dilation,
    Axes begin,
    Axes end,
    Axes output)
    implements OperatorProblem {

  /** What is made of a window. */
  public enum Kind {
    /** The greatest element; NaN when there is one. */
    MAX,
    /** The mean of the taps on the input. */
    AVERAGE,
    /** The sum over the number of taps on the input and its padding. */
    AVERAGE_WITH_PADDING
  }

  /** The key of this family. */
  public static final ProblemFamily<PoolingProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("pooling");

  @Override
  public ProblemFamily<PoolingProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    return List.of(planes * input.product());
  }

  @Override
  public long resultElements() {
    return planes * output.product();
  }
}
