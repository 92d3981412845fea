package dev.conv4j.spi.operator;

import dev.conv4j.Axes;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * The maximum or the average of windows that slide over planes; depth, height and width as in a
 * convolution. Taps on the padding do not count, except for an average that says so. The result is
 * memory of its own.
 *
 * <p>A plane lies by itself, or {@code channels} planes lie in each other, pixel by pixel: then an
 * image is {@code channels} numbers for each of its pixels, a pitch apart.
 *
 * @param kind what is made of a window
 * @param planes batch times channels
 * @param channels planes that share their pixels: 1 with channels first, all channels of an image
 *     with channels last
 * @param inputPitch elements from one pixel of the input to the next: at least the channels
 * @param outputPitch the same for the result; what lies between its pixels stays as it is
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
    long channels,
    long inputPitch,
    long outputPitch,
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

  /** Checks the pitches. */
  public PoolingProblem {
    if (channels < 1 || planes % channels != 0) {
      throw new InvalidArgumentException("channels", channels, "a divisor of planes=" + planes);
    }
    if (inputPitch < channels || outputPitch < channels) {
      throw new InvalidArgumentException(
          "pitches", inputPitch + ", " + outputPitch, "channels=" + channels + " or more");
    }
  }

  /** Makes a problem on planes that lie by themselves. */
  public PoolingProblem(
      Kind kind,
      long planes,
      Axes input,
      Axes window,
      Axes stride,
      Axes dilation,
      Axes begin,
      Axes end,
      Axes output) {
    this(kind, planes, 1, 1, 1, input, window, stride, dilation, begin, end, output);
  }

  /**
   * Returns the same problem on planes that lie in each other.
   *
   * @param channels of one image
   * @param inputPitch elements from pixel to pixel of the input
   * @param outputPitch elements from pixel to pixel of the result
   */
  public PoolingProblem channelsLast(long channels, long inputPitch, long outputPitch) {
    return new PoolingProblem(
        kind,
        planes,
        channels,
        inputPitch,
        outputPitch,
        input,
        window,
        stride,
        dilation,
        begin,
        end,
        output);
  }

  /** Returns whether each plane lies by itself, without gaps. */
  public boolean planesApart() {
    return channels == 1 && inputPitch == 1 && outputPitch == 1;
  }

  @Override
  public ProblemFamily<PoolingProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    return List.of(elements(input, inputPitch));
  }

  @Override
  public long resultElements() {
    return elements(output, outputPitch);
  }

  /** The last pixel has no gap behind it. */
  private long elements(Axes extents, long pitch) {
    return (planes / channels * extents.product() - 1) * pitch + channels;
  }
}
