package dev.conv4j;

/**
 * An immutable convolution problem, and the only place where an output extent or an operation count
 * is computed. Inside there are always three spatial axes; the ones a problem of lower {@link
 * #rank()} lacks have extent 1. The letters are those of the literature: N batch, C channels, K
 * filters, D/H/W input, T/R/S filter, O/P/Q output.
 *
 * <p>{@link #toString()} is the problem's canonical spelling, {@link #parse(String)} its inverse,
 * for example {@code n1c64i56x56k64f3x3p1}. Grammar, in any order, each letter once: {@code n}
 * batch (1), {@code c} input channels, {@code i} input extent, {@code k} filters, {@code f} filter
 * extent, {@code s} stride (1), {@code p} padding (0; {@code p1:2} is begin:end), {@code d}
 * dilation (1), {@code g} groups (1), {@code b} border (zeros). Extents, stride, padding and
 * dilation are one number for all axes or {@code AxB}, {@code AxBxC}; the rank is that of {@code
 * i}.
 *
 * <p>The product is a cross-correlation, as in ML; see {@link ConvOptions#flipped()} for the
 * signal-processing form.
 *
 * @param rank spatial axes in use, 1 to 3
 * @param batch N
 * @param channels C, the input's channels over all groups
 * @param filters K, the output's channels over all groups
 * @param groups groups; divides both C and K
 * @param input D, H, W
 * @param filter T, R, S
 * @param stride distance between neighbouring outputs
 * @param padBegin padding before the first input element
 * @param padEnd padding behind the last input element
 * @param dilation distance between neighbouring filter taps
 * @param border what the padding holds
 */
public record Convolution(
    int rank,
    long batch,
    long channels,
    long filters,
    long groups,
    Axes input,
    Axes filter,
    Axes stride,
    Axes padBegin,
    Axes padEnd,
    Axes dilation,
    Border border) {

  /**
   * Checks every rule a legal problem obeys.
   *
   * @throws InvalidArgumentException naming the first rule broken
   */
  public Convolution {
    ConvolutionRules.check(
        rank, batch, channels, filters, groups, input, filter, stride, padBegin, padEnd, dilation,
        border);
  }

  /** Returns a builder with batch, stride, dilation and groups 1 and no padding. */
  public static ConvolutionBuilder builder() {
    return new ConvolutionBuilder();
  }

  /**
   * Reads a problem's spelling.
   *
   * @throws InvalidArgumentException saying what was expected and at which position
   */
  public static Convolution parse(String spelling) {
    return new ConvolutionSpelling(spelling).parse();
  }

  /**
   * Returns the output extents O, P, Q: {@code floor((input + padding - reach) / stride) + 1} on
   * each axis.
   */
  public Axes output() {
    return new Axes(outputExtent(0), outputExtent(1), outputExtent(2));
  }

  private long outputExtent(int axis) {
    long padded = input.get(axis) + padBegin.get(axis) + padEnd.get(axis);
    return (padded - ConvolutionRules.reach(filter.get(axis), dilation.get(axis)))
            / stride.get(axis)
        + 1;
  }

  /** Returns the input's logical shape: N, C, then the axes in use. */
  public Shape inputShape() {
    return shape(batch, channels, input);
  }

  /** Returns the filter's logical shape: K, C/groups, then the axes in use. */
  public Shape filterShape() {
    return shape(filters, channelsPerGroup(), filter);
  }

  /** Returns the output's logical shape: N, K, then the axes in use. */
  public Shape outputShape() {
    return shape(batch, filters, output());
  }

  private Shape shape(long first, long second, Axes axes) {
    return switch (rank) {
      case 1 -> Shape.of(first, second, axes.w());
      case 2 -> Shape.of(first, second, axes.h(), axes.w());
      default -> Shape.of(first, second, axes.d(), axes.h(), axes.w());
    };
  }

  /** Returns C / groups. */
  public long channelsPerGroup() {
    return channels / groups;
  }

  /** Returns K / groups. */
  public long filtersPerGroup() {
    return filters / groups;
  }

  /** Returns the products summed for one output element: C/groups times T·R·S. */
  public long taps() {
    return channelsPerGroup() * filter.product();
  }

  /**
   * Returns the operations of the direct method, {@code 2·N·K·O·P·Q·C/groups·T·R·S}. Taps on the
   * padding count, as in every published table. The same number holds for both gradients.
   */
  public long flops() {
    return 2 * batch * filters * output().product() * taps();
  }

  /**
   * Returns whether the filter is a single tap without padding and with stride 1: a plain matrix
   * product.
   */
  public boolean isPointwise() {
    return filter.equals(Axes.ONES)
        && stride.equals(Axes.ONES)
        && padBegin.equals(Axes.ZEROS)
        && padEnd.equals(Axes.ZEROS);
  }

  /** Returns whether every input channel has filters of its own. */
  public boolean isDepthwise() {
    return groups == channels && groups > 1;
  }

  /** Returns the same problem with another batch. */
  public Convolution withBatch(long newBatch) {
    return new Convolution(
        rank, newBatch, channels, filters, groups, input, filter, stride, padBegin, padEnd,
        dilation, border);
  }

  /** Returns the canonical spelling, which {@link #parse} reads back to an equal problem. */
  @Override
  public String toString() {
    return ConvolutionSpelling.format(this);
  }
}
