package dev.conv4j.spi.kernels;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.spi.ConvProblem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The parameter block of every kernel: {@code ConvParams} in {@code common.cl} and its CUDA twin.
 * Forward and backward-data are one family to a kernel: backward-data is a forward problem on dy
 * with the filter's channels swapped, its taps mirrored, and dy spread out by the stride.
 *
 * @param batch N
 * @param groups G
 * @param channels channels of one group of the tensor that is read
 * @param filters channels of one group of the tensor that is written
 * @param input extents of the tensor that is read
 * @param filter T, R, S
 * @param output extents of the tensor that is written
 * @param stride distance between neighbouring outputs
 * @param pad padding before the first element; negative where backward-data crops
 * @param dilation distance between neighbouring taps
 * @param up distance between neighbouring elements of the tensor that is read
 * @param xStrides distances in elements of the tensor that is read: batch, channel, pixel
 * @param yStrides distances in elements of the tensor that is written: batch, channel, pixel
 * @param wStrides the filter's first element, then distances: group, filter, channel, tap
 * @param problem where border, epilogue and quantization come from
 */
public record KernelParams(
    long batch,
    long groups,
    long channels,
    long filters,
    Axes input,
    Axes filter,
    Axes output,
    Axes stride,
    Axes pad,
    Axes dilation,
    Axes up,
    Strides xStrides,
    Strides yStrides,
    FilterStrides wStrides,
    ConvProblem problem) {

  /** The size of the block in bytes. */
  public static final int BYTES = 17 * 8 + 36 * 4;

  /** The offsets at the block's beginning: x, w, bias, residual, y, workspace. */
  public static final int OFFSETS = 6;

  /** Distances in elements within an activation tensor. */
  public record Strides(long batch, long channel, long pixel) {
    static Strides of(long channels, Axes extents, Layout layout) {
      long pixels = extents.product();
      return layout == Layout.NCHW
          ? new Strides(channels * pixels, pixels, 1)
          : new Strides(channels * pixels, 1, channels);
    }
  }

  /** The first element and the distances in elements within a filter. */
  public record FilterStrides(long base, long group, long filter, long channel, long tap) {
    static FilterStrides of(Convolution c, Layout layout) {
      long taps = c.filter().product();
      long channels = c.channelsPerGroup();
      long perFilter = channels * taps;
      return layout == Layout.NCHW
          ? new FilterStrides(0, c.filtersPerGroup() * perFilter, perFilter, taps, 1)
          : new FilterStrides(0, c.filtersPerGroup() * perFilter, perFilter, 1, channels);
    }

    FilterStrides mirrored(long taps) {
      return new FilterStrides(base + (taps - 1) * tap, group, filter, channel, -tap);
    }

    FilterStrides swapped() {
      return new FilterStrides(base, group, channel, filter, tap);
    }
  }

  /**
   * Returns the block in which the three tensors keep their forward roles whatever the direction:
   * what the reference and backward-filter take. {@code up} then holds the padding behind.
   */
  public static KernelParams plain(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions options = problem.options();
    FilterStrides w = FilterStrides.of(c, options.filterLayout());
    return new KernelParams(
        c.batch(),
        c.groups(),
        c.channelsPerGroup(),
        c.filtersPerGroup(),
        c.input(),
        c.filter(),
        c.output(),
        c.stride(),
        c.padBegin(),
        c.dilation(),
        c.padEnd(),
        Strides.of(c.channels(), c.input(), options.layout()),
        Strides.of(c.filters(), c.output(), options.layout()),
        options.flipped() ? w.mirrored(c.filter().product()) : w,
        problem);
  }

  /** Returns the block of a forward or backward-data problem as one family. */
  public static KernelParams gather(ConvProblem problem) {
    KernelParams plain = plain(problem);
    if (problem.options().direction() != Direction.BACKWARD_DATA) {
      return plain.withUp(Axes.ONES);
    }
    Axes pad = new Axes(plain.mirroredPad(0), plain.mirroredPad(1), plain.mirroredPad(2));
    return new KernelParams(
        plain.batch,
        plain.groups,
        plain.filters,
        plain.channels,
        plain.output,
        plain.filter,
        plain.input,
        Axes.ONES,
        pad,
        plain.dilation,
        plain.stride,
        plain.yStrides,
        plain.xStrides,
        plain.wStrides.mirrored(plain.filter.product()).swapped(),
        problem);
  }

  private long mirroredPad(int axis) {
    return dilation.get(axis) * (filter.get(axis) - 1) - pad.get(axis);
  }

  /** Returns the same with another distance between elements that are read. */
  public KernelParams withUp(Axes distance) {
    return new KernelParams(
        batch, groups, channels, filters, input, filter, output, stride, pad, dilation, distance,
        xStrides, yStrides, wStrides, problem);
  }

  /** Returns O·P·Q. */
  public long pixels() {
    return output.product();
  }

  /** Returns T·R·S. */
  public long taps() {
    return filter.product();
  }

  /** Returns the products summed for one element that is written. */
  public long products() {
    return channels * taps();
  }

  /**
   * Returns the block's bytes in native order, offsets 0.
   *
   * @param split how the work is split: parts of a sum, or pixels or filters of a run; 1 for none
   */
  public byte[] bytes(int split) {
    ByteBuffer out = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());
    out.position(OFFSETS * 8);
    put(out, xStrides);
    put(out, yStrides);
    out.putLong(wStrides.base).putLong(wStrides.group).putLong(wStrides.filter);
    out.putLong(wStrides.channel).putLong(wStrides.tap);
    out.putInt(narrow(batch)).putInt(narrow(groups));
    out.putInt(narrow(channels)).putInt(narrow(filters));
    for (Axes axes : new Axes[] {input, filter, output, stride, pad, dilation, up}) {
      out.putInt(narrow(axes.d())).putInt(narrow(axes.h())).putInt(narrow(axes.w()));
    }
    ConvOptions options = problem.options();
    out.putInt(code(problem.convolution().border()));
    out.putInt(options.epilogue().bias() ? 1 : 0);
    out.putInt(options.epilogue().residual() ? 1 : 0);
    out.putInt(code(options.epilogue().activation().kind()));
    out.putFloat(options.epilogue().activation().alpha());
    out.putFloat(options.epilogue().activation().beta());
    out.putInt(options.quantization().multipliers().isEmpty() ? 0 : 1);
    out.putInt(options.quantization().inputZero());
    out.putInt(options.quantization().outputZero());
    out.putInt(split).putInt(0);
    return out.array();
  }

  /**
   * Sets the first pixel of a partial run in a block's bytes.
   *
   * @param block what {@link #bytes} returned
   * @param first the pixel
   */
  public static void setFirst(byte[] block, int first) {
    ByteBuffer.wrap(block).order(ByteOrder.nativeOrder()).putInt(BYTES - 4, first);
  }

  /** Returns the number kernels know a border by. */
  private static int code(Border border) {
    return switch (border) {
      case ZEROS -> 0;
      case REFLECT -> 1;
      case REPLICATE -> 2;
      case CIRCULAR -> 3;
    };
  }

  /** Returns the number kernels know an activation by. */
  public static int code(Activation.Kind kind) {
    return switch (kind) {
      case NONE -> 0;
      case RELU -> 1;
      case CLIP -> 2;
      case LEAKY_RELU -> 3;
      case SIGMOID -> 4;
      case TANH -> 5;
      case SILU -> 6;
      case HARD_SWISH -> 7;
      case GELU -> 8;
    };
  }

  /** Returns the number kernels know a type by. */
  public static int code(DType type) {
    return switch (type) {
      case F32 -> 0;
      case F64 -> 1;
      case F16 -> 2;
      case BF16 -> 3;
      case I8 -> 4;
      case U8 -> 5;
      case I32 -> 6;
    };
  }

  private static void put(ByteBuffer out, Strides strides) {
    out.putLong(strides.batch).putLong(strides.channel).putLong(strides.pixel);
  }

  private static int narrow(long value) {
    return Math.toIntExact(value);
  }

  /** Returns whether every extent fits the block: needed even by the reference. */
  public boolean fits() {
    for (Axes axes : new Axes[] {input, filter, output, stride, pad, dilation, up}) {
      for (int i = 0; i < 3; i++) {
        if (Math.abs(axes.get(i)) > Integer.MAX_VALUE / 4) {
          return false;
        }
      }
    }
    return Math.max(batch, Math.max(channels * groups, filters * groups)) <= Integer.MAX_VALUE / 4
        && taps() <= Integer.MAX_VALUE;
  }
}
