package dev.conv4j.cpu.reference;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.algorithm.Taps;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;

/**
 * {@code dx[n,c,d,h,w] = Σ dy[n,k,o,p,q]·w[k,c,t,r,s]} over the group's filters and every output
 * and tap that read this input, directly or through the border.
 */
final class BackwardDataElements implements Elements {

  private final Strides dy;
  private final Taps w;
  private final Axis depth;
  private final Axis height;
  private final Axis width;
  private final long channels;
  private final long filters;
  private final InnerProduct product;

  BackwardDataElements(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    this.dy = Strides.of(c.outputShape(), o.layout());
    this.w = Taps.of(problem);
    this.depth = Axis.of(c, 0);
    this.height = Axis.of(c, 1);
    this.width = Axis.of(c, 2);
    this.channels = c.channelsPerGroup();
    this.filters = c.filtersPerGroup();
    this.product = InnerProduct.of(o.outputType(), o.filterType());
  }

  @Override
  public double sum(
      MemorySegment gradient, MemorySegment filter, long n, long c, long d, long h, long x) {
    long k = c / channels * filters;
    double sum = 0;
    for (long at = first(depth, d); at != Axis.END; at = depth.nextPreimage(d, at)) {
      for (long t = 0; t < depth.taps(); t++) {
        long o = depth.outputAt(at, t);
        if (o >= 0) {
          long dyAt = dy.at(n, k, o, 0, 0);
          sum += plane(gradient, dyAt, filter, w.at(k, c % channels, t, 0, 0), h, x);
        }
      }
    }
    return sum;
  }

  private double plane(
      MemorySegment gradient, long dyAt, MemorySegment filter, long wAt, long h, long x) {
    double sum = 0;
    for (long at = first(height, h); at != Axis.END; at = height.nextPreimage(h, at)) {
      for (long r = 0; r < height.taps(); r++) {
        long p = height.outputAt(at, r);
        if (p >= 0) {
          sum += row(gradient, dyAt + p * dy.h(), filter, wAt + r * w.r(), x);
        }
      }
    }
    return sum;
  }

  private double row(MemorySegment gradient, long dyAt, MemorySegment filter, long wAt, long x) {
    double sum = 0;
    for (long at = first(width, x); at != Axis.END; at = width.nextPreimage(x, at)) {
      for (long s = 0; s < width.taps(); s++) {
        long q = width.outputAt(at, s);
        if (q >= 0) {
          sum +=
              product.sum(
                  gradient,
                  dyAt + q * dy.w(),
                  dy.channel(),
                  filter,
                  wAt + s * w.s(),
                  w.filter(),
                  filters);
        }
      }
    }
    return sum;
  }

  private static long first(Axis axis, long coordinate) {
    return axis.nextPreimage(coordinate, Long.MIN_VALUE);
  }
}
