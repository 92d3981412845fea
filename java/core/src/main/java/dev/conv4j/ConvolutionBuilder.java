package dev.conv4j;

import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link Convolution} by naming what differs from the defaults. Spatial arguments take one
 * number for all axes or one for each; the rank is that of {@link #input}. Not thread-safe.
 */
public final class ConvolutionBuilder {

  private long batch = 1;
  private long channels = 1;
  private long filters = 1;
  private long groups = 1;
  private long[] input = {};
  private long[] filter = {1};
  private long[] stride = {1};
  private long[] padBegin = {0};
  private long[] padEnd = {0};
  private long[] dilation = {1};
  private Border border = Border.ZEROS;
  private @Nullable Padding rule;

  ConvolutionBuilder() {}

  /** Sets N. */
  public ConvolutionBuilder batch(long n) {
    this.batch = n;
    return this;
  }

  /** Sets C, over all groups. */
  public ConvolutionBuilder channels(long c) {
    this.channels = c;
    return this;
  }

  /** Sets K, over all groups. */
  public ConvolutionBuilder filters(long k) {
    this.filters = k;
    return this;
  }

  /** Sets the number of groups. */
  public ConvolutionBuilder groups(long g) {
    this.groups = g;
    return this;
  }

  /** Sets the input's spatial extents, and with their number the rank. */
  public ConvolutionBuilder input(long... extents) {
    this.input = extents.clone();
    return this;
  }

  /** Sets the filter's spatial extents. */
  public ConvolutionBuilder filter(long... extents) {
    this.filter = extents.clone();
    return this;
  }

  /** Sets the stride. */
  public ConvolutionBuilder stride(long... strides) {
    this.stride = strides.clone();
    return this;
  }

  /** Sets the same padding at both ends of each axis. */
  public ConvolutionBuilder padding(long... both) {
    return padBegin(both).padEnd(both);
  }

  /** Sets the padding before the first element of each axis. */
  public ConvolutionBuilder padBegin(long... begin) {
    this.padBegin = begin.clone();
    this.rule = null;
    return this;
  }

  /** Sets the padding behind the last element of each axis. */
  public ConvolutionBuilder padEnd(long... end) {
    this.padEnd = end.clone();
    this.rule = null;
    return this;
  }

  /** Lets the padding follow from the extents; it replaces explicit padding. */
  public ConvolutionBuilder padding(Padding paddingRule) {
    this.rule = paddingRule;
    return this;
  }

  /** Sets the distance between filter taps. */
  public ConvolutionBuilder dilation(long... dilations) {
    this.dilation = dilations.clone();
    return this;
  }

  /** Sets what the padding holds. */
  public ConvolutionBuilder border(Border rule) {
    this.border = rule;
    return this;
  }

  /**
   * Returns the problem.
   *
   * @throws InvalidArgumentException if a rule is broken
   */
  public Convolution build() {
    try {
      return buildExactly();
    } catch (ArithmeticException overflow) {
      throw tooLarge();
    }
  }

  private InvalidArgumentException tooLarge() {
    return new InvalidArgumentException(
        "input extents", java.util.Arrays.toString(input), "padded extents below 2^63");
  }

  private Convolution buildExactly() {
    int rank = rank();
    Axes in = Axes.spread("input", input, rank, 1);
    Axes[] pads = pads(rank, in);
    return new Convolution(
        rank,
        batch,
        channels,
        filters,
        groups,
        in,
        Axes.spread("filter", filter, rank, 1),
        Axes.spread("stride", stride, rank, 1),
        pads[0],
        pads[1],
        Axes.spread("dilation", dilation, rank, 1),
        border);
  }

  /**
   * Returns the twin of a transposed convolution: the problem whose backward-data product is that
   * convolution. Here {@link #channels}, {@link #input} describe what the transposed convolution
   * reads and {@link #filters} what it writes; its weights are shaped {@code [channels,
   * filters/groups, ...]}, as in PyTorch and ONNX.
   *
   * @param outputPadding extra output elements at the end of each axis, smaller than the stride;
   *     one number for all axes or one for each
   * @throws InvalidArgumentException if a rule is broken
   */
  public Convolution buildTransposed(long... outputPadding) {
    try {
      return buildTransposedExactly(outputPadding.length == 0 ? new long[] {0} : outputPadding);
    } catch (ArithmeticException overflow) {
      throw tooLarge();
    }
  }

  private Convolution buildTransposedExactly(long[] outputPadding) {
    int rank = rank();
    Axes in = Axes.spread("input", input, rank, 1);
    Axes extra = Axes.spread("output padding", outputPadding, rank, 0);
    Axes f = Axes.spread("filter", filter, rank, 1);
    Axes s = Axes.spread("stride", stride, rank, 1);
    Axes d = Axes.spread("dilation", dilation, rank, 1);
    Axes[] pads = transposedPads(rank, in, f, s, d, extra);
    long[] out = new long[3];
    for (int axis = 0; axis < 3; axis++) {
      if (extra.get(axis) < 0 || extra.get(axis) >= Math.max(1, s.get(axis))) {
        throw new InvalidArgumentException(
            "output padding", extra, "0 or more and smaller than the stride");
      }
      long reach = ConvolutionRules.reach(f.get(axis), d.get(axis));
      long last = Math.multiplyExact(in.get(axis) - 1, s.get(axis));
      long full = Math.addExact(Math.addExact(last, reach), extra.get(axis));
      out[axis] = Math.subtractExact(full, Math.addExact(pads[0].get(axis), pads[1].get(axis)));
    }
    return new Convolution(
        rank,
        batch,
        filters,
        channels,
        groups,
        new Axes(out[0], out[1], out[2]),
        f,
        s,
        pads[0],
        pads[1],
        d,
        border);
  }

  private int rank() {
    if (input.length < 1 || input.length > 3) {
      throw new InvalidArgumentException(
          "input extents", java.util.Arrays.toString(input), "1, 2 or 3 numbers");
    }
    return input.length;
  }

  private Axes[] pads(int rank, Axes in) {
    if (rule == null) {
      return new Axes[] {
        Axes.spread("padding", padBegin, rank, 0), Axes.spread("padding", padEnd, rank, 0)
      };
    }
    Axes f = Axes.spread("filter", filter, rank, 1);
    Axes s = Axes.spread("stride", stride, rank, 1);
    Axes d = Axes.spread("dilation", dilation, rank, 1);
    long[] total = new long[3];
    for (int axis = 0; axis < 3 && rule != Padding.VALID; axis++) {
      long step = Math.max(1, s.get(axis));
      long last = Math.multiplyExact(Math.ceilDiv(in.get(axis), step) - 1, step);
      long needed = Math.addExact(last, ConvolutionRules.reach(f.get(axis), d.get(axis)));
      total[axis] = Math.max(0, needed - in.get(axis));
    }
    return halves(total);
  }

  /**
   * SAME for a transposed convolution means an output of {@code input * stride} (ONNX
   * ConvTranspose).
   */
  private Axes[] transposedPads(int rank, Axes in, Axes f, Axes s, Axes d, Axes extra) {
    if (rule == null || rule == Padding.VALID) {
      return pads(rank, in);
    }
    long[] total = new long[3];
    for (int axis = 0; axis < 3; axis++) {
      long full = ConvolutionRules.reach(f.get(axis), d.get(axis)) - s.get(axis) + extra.get(axis);
      total[axis] = Math.max(0, full);
    }
    return halves(total);
  }

  private Axes[] halves(long[] total) {
    Axes less = new Axes(total[0] / 2, total[1] / 2, total[2] / 2);
    Axes more = new Axes(total[0] - less.d(), total[1] - less.h(), total[2] - less.w());
    return rule == Padding.SAME_LOWER ? new Axes[] {more, less} : new Axes[] {less, more};
  }
}
