package dev.conv4j.cpu.gemm;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.algorithm.Taps;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A forward convolution or a gradient of its input as matrix products, one for each row of the
 * batch, group and grid.
 *
 * @param layout memory order of source and result
 * @param batch rows of the batch
 * @param groups groups
 * @param channels the source's channels in a group, which are summed over
 * @param columns the result's channels in a group
 * @param source where the source's elements lie
 * @param result where the result's elements lie
 * @param filter where the filter's elements lie
 * @param gradient whether columns are the filter's channels and not its filters
 * @param grids the result's points
 */
public record GemmView(
    Layout layout,
    long batch,
    long groups,
    int channels,
    long columns,
    Strides source,
    Strides result,
    Taps filter,
    boolean gradient,
    List<Grid> grids) {

  /** So many channels side by side are taken apart into planes rather than copied tap by tap. */
  private static final int FEW_CHANNELS = 4;

  /** Returns the view of a forward or backward-data problem. */
  public static GemmView of(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    boolean gradient = o.direction() == Direction.BACKWARD_DATA;
    return new GemmView(
        o.layout(),
        c.batch(),
        c.groups(),
        Math.toIntExact(gradient ? c.filtersPerGroup() : c.channelsPerGroup()),
        gradient ? c.channelsPerGroup() : c.filtersPerGroup(),
        Strides.of(problem.firstShape(), o.layout()),
        Strides.ofResult(problem),
        Taps.of(problem),
        gradient,
        gradient ? Grid.backward(c) : Grid.forward(c));
  }

  /** Returns the view of a forward problem in which points that only see padding take no time. */
  static GemmView reached(ConvProblem problem) {
    GemmView view = of(problem);
    return new GemmView(
        view.layout,
        view.batch,
        view.groups,
        view.channels,
        view.columns,
        view.source,
        view.result,
        view.filter,
        view.gradient,
        Grid.reached(problem.convolution()));
  }

  /** Returns the share of a problem's products that are computed, 1 for a gradient. */
  double computedShare(Convolution c) {
    if (gradient) {
      return 1;
    }
    double products = 0;
    for (Grid grid : grids) {
      products += (double) grid.d().count() * grid.plane() * grid.taps();
    }
    return products / ((double) c.output().product() * c.filter().product());
  }

  /**
   * Returns the view of a problem with one tap, stride 1 and no padding: all of space is one row,
   * and with channels last the batch too.
   */
  public static GemmView pointwise(ConvProblem problem) {
    GemmView view = of(problem);
    Convolution c = problem.convolution();
    boolean channelsLast = view.layout == Layout.NHWC;
    long points = c.output().product() * (channelsLast ? c.batch() : 1);
    GridAxis one = unit(1);
    return new GemmView(
        view.layout,
        channelsLast ? 1 : c.batch(),
        view.groups,
        view.channels,
        view.columns,
        flat(view.source),
        flat(view.result),
        view.filter,
        view.gradient,
        List.of(new Grid(one, one, unit(points))));
  }

  private static GridAxis unit(long points) {
    return new GridAxis(points, 1, List.of(0L), List.of(0), points, Border.ZEROS, 0, 1, points);
  }

  private static Strides flat(Strides s) {
    return new Strides(s.start(), s.outer(), s.channel(), 0, 0, s.w());
  }

  /**
   * Returns whether products follow one another tap by tap, each with a run of channels, and not
   * channel by channel: where channels lie side by side, and there are enough of them.
   */
  public boolean tapByTap() {
    return layout == Layout.NHWC && channels > FEW_CHANNELS;
  }

  /** Returns where the filter's first element for a group, a channel and a column is. */
  public long filterAt(long group, long channel, long column) {
    return gradient
        ? filter.at(group * channels + channel, column, 0, 0, 0)
        : filter.at(group * columns + column, channel, 0, 0, 0);
  }

  /** Returns the filter's distance in elements between columns. */
  public long columnStride() {
    return gradient ? filter.channel() : filter.filter();
  }

  /** Returns the filter's distance in elements between summed channels. */
  public long channelStride() {
    return gradient ? filter.filter() : filter.channel();
  }

  /** Returns the distance in elements from the first tap for each tap of a grid, in order. */
  public long[] tapOffsets(Grid grid) {
    LongStream.Builder offsets = LongStream.builder();
    for (int t : grid.d().taps()) {
      for (int r : grid.h().taps()) {
        for (int s : grid.w().taps()) {
          offsets.add(t * filter.t() + r * filter.r() + s * filter.s());
        }
      }
    }
    return offsets.build().toArray();
  }
}
