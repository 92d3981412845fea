package dev.conv4j.cuda;

import static dev.conv4j.cuda.IndexMap.narrow;

import dev.conv4j.Layout;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.KernelParams.FilterStrides;
import dev.conv4j.spi.kernels.KernelParams.Strides;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A copy of a tensor with its channels last and padded to whole vectors; the twin of {@code
 * CopyParams} in {@code channels_last.cu}.
 *
 * @param from distances in the tensor
 * @param to distances in the copy, whose channels are neighbours
 * @param n the outer extent
 * @param groups groups
 * @param channels channels of a group
 * @param pixels pixels
 * @param padded channels of a group in the copy
 */
record ChannelsLastCopy(
    Distances from, Distances to, long n, long groups, long channels, long pixels, long padded) {

  private static final int BYTES = 7 * Long.BYTES + 6 * Integer.BYTES;

  /** Distances in elements for a step of each index. */
  record Distances(long n, long group, long channel, long pixel) {}

  /** Returns the copy of an activation tensor. */
  static ChannelsLastCopy ofActivation(
      KernelParams p, Strides from, long channels, long pixels, long padded) {
    long all = p.groups() * padded;
    return new ChannelsLastCopy(
        new Distances(from.batch(), channels * from.channel(), from.channel(), from.pixel()),
        new Distances(pixels * all, padded, 1, all),
        p.batch(),
        p.groups(),
        channels,
        pixels,
        padded);
  }

  /** Returns the copy of a filter for sums over its channels: {@code [g][k][tap][c]}. */
  static ChannelsLastCopy ofFilter(KernelParams p, Layout layout, long padded) {
    boolean last = layout == Layout.NHWC;
    long sum = p.channels() * p.taps();
    return new ChannelsLastCopy(
        new Distances(sum, p.filters() * sum, last ? 1 : p.taps(), last ? p.channels() : 1),
        new Distances(p.taps() * padded, p.filters() * p.taps() * padded, 1, padded),
        p.filters(),
        p.groups(),
        p.channels(),
        p.taps(),
        padded);
  }

  /**
   * Returns the copy of a filter for sums over its filters, in the order the filter lies in: {@code
   * [g][c][tap][k]} or {@code [g][tap][c][k]}.
   */
  static ChannelsLastCopy ofTurnedFilter(KernelParams p, long padded) {
    long sum = p.channels() * p.taps();
    return new ChannelsLastCopy(
        new Distances(0, p.filters() * sum, sum, 1),
        new Distances(0, sum * padded, 1, padded),
        1,
        p.groups(),
        p.filters(),
        sum,
        padded);
  }

  /** Returns the strides by which taps are found in the copy of a filter for sums over channels. */
  FilterStrides filterStrides(KernelParams p, boolean flipped) {
    return strides(p, to.n, 1, padded, flipped);
  }

  /** Returns those in the copy of one for sums over filters. */
  FilterStrides turnedStrides(KernelParams p, Layout layout, boolean flipped) {
    return layout == Layout.NHWC
        ? strides(p, 1, padded, p.channels() * padded, flipped)
        : strides(p, 1, p.taps() * padded, padded, flipped);
  }

  private FilterStrides strides(
      KernelParams p, long filter, long channel, long tap, boolean flipped) {
    long base = flipped ? (p.taps() - 1) * tap : 0;
    return new FilterStrides(base, to.group, filter, channel, flipped ? -tap : tap);
  }

  /** Returns whether the tensor lies so already. */
  boolean isIdentity() {
    return padded == channels
        && (n == 1 || from.n == to.n)
        && (groups == 1 || from.group == to.group)
        && (channels == 1 || from.channel == to.channel)
        && (pixels == 1 || from.pixel == to.pixel);
  }

  long elements() {
    return n * groups * pixels * padded;
  }

  /** Returns the launch's blocks. */
  Grid grid(KernelVariant variant, int elementBytes) {
    long channelsOfBlock = (long) variant.tuning().get("WORDS") * Integer.BYTES / elementBytes;
    long tiles =
        Grid.ceil(pixels, variant.tuning().get("TILE_PIXELS")) * Grid.ceil(padded, channelsOfBlock);
    return new Grid(Math.toIntExact(tiles * n * groups), 1, 1);
  }

  /** Returns the parameter block. */
  byte[] bytes(int elementBytes) {
    int pack = Integer.BYTES / elementBytes;
    boolean together =
        from.pixel == 1
            && pixels % pack == 0
            && from.channel % pack == 0
            && (groups == 1 || from.group % pack == 0)
            && (n == 1 || from.n % pack == 0);
    return ByteBuffer.allocate(BYTES)
        .order(ByteOrder.nativeOrder())
        .putLong(from.n)
        .putLong(from.group)
        .putLong(from.channel)
        .putLong(from.pixel)
        .putLong(to.n)
        .putLong(to.group)
        .putLong(to.pixel)
        .putInt(narrow(n))
        .putInt(narrow(groups))
        .putInt(narrow(channels))
        .putInt(narrow(pixels))
        .putInt(narrow(padded))
        .putInt(together ? 1 : 0)
        .array();
  }
}
