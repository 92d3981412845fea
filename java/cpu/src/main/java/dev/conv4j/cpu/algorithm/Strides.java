package dev.conv4j.cpu.algorithm;

import dev.conv4j.ChannelRange;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.ConvProblem;

/**
 * Where the elements of a dense tensor, or of a range of its channels, lie: the distance in
 * elements between neighbours along each of the five axes. Axes a problem of lower rank lacks have
 * distance 0.
 *
 * @param start index of the first element
 * @param outer between rows of a batch, or filters
 * @param channel between channels
 * @param d along depth
 * @param h along height
 * @param w along width
 */
public record Strides(long start, long outer, long channel, long d, long h, long w) {

  /**
   * Returns the distances in a dense tensor.
   *
   * @param shape batch, channels, then one to three spatial axes
   * @param layout the memory order
   */
  public static Strides of(Shape shape, Layout layout) {
    long[] all = shape.strides(layout);
    int rank = all.length - 2;
    return new Strides(
        0, all[0], all[1], rank > 2 ? all[rank - 1] : 0, rank > 1 ? all[rank] : 0, all[rank + 1]);
  }

  /** Returns the distances in a problem's result, which can be a range of channels. */
  public static Strides ofResult(ConvProblem problem) {
    Strides whole = of(problem.resultShape(), problem.resultLayout());
    ChannelRange range = problem.options().resultRange();
    return range == null ? whole : whole.from(range.first());
  }

  private Strides from(long firstChannel) {
    return new Strides(at(0, firstChannel, 0, 0, 0), outer, channel, d, h, w);
  }

  /** Returns the index of an element. */
  public long at(long n, long c, long z, long y, long x) {
    return start + n * outer + c * channel + z * d + y * h + x * w;
  }
}
