package dev.conv4j.cpu.algorithm;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.spi.ConvProblem;

/**
 * Where the elements of a filter lie, by the tap as the convolution sees it: for a flipped filter
 * tap 0 is the last one in memory. Distances in elements; those along space may be negative.
 *
 * @param start the index of tap 0 of the first channel of the first filter
 * @param filter between filters
 * @param channel between channels of a group
 * @param t along depth
 * @param r along height
 * @param s along width
 */
public record Taps(long start, long filter, long channel, long t, long r, long s) {

  /** Returns the distances for a problem's w or dw. */
  public static Taps of(ConvProblem problem) {
    ConvOptions options = problem.options();
    Strides w = Strides.of(problem.convolution().filterShape(), options.filterLayout());
    if (!options.flipped()) {
      return new Taps(0, w.outer(), w.channel(), w.d(), w.h(), w.w());
    }
    Axes extent = problem.convolution().filter();
    long last = w.at(0, 0, extent.d() - 1, extent.h() - 1, extent.w() - 1);
    return new Taps(last, w.outer(), w.channel(), -w.d(), -w.h(), -w.w());
  }

  /** Returns the index of an element. */
  public long at(long k, long c, long tapT, long tapR, long tapS) {
    return start + k * filter + c * channel + tapT * t + tapR * r + tapS * s;
  }
}
