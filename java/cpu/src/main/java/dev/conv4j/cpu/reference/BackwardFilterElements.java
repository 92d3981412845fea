package dev.conv4j.cpu.reference;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;

/** {@code dw[k,c,t,r,s] = Σ x[n,c,d,h,w]·dy[n,k,o,p,q]} over the batch and all outputs. */
final class BackwardFilterElements implements Elements {

  private final Strides x;
  private final Strides dy;
  private final Axis depth;
  private final Axis height;
  private final Axis width;
  private final long batch;
  private final long channels;
  private final long filters;
  private final boolean flipped;
  private final InnerProduct product;

  BackwardFilterElements(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    this.x = Strides.of(c.inputShape(), o.layout());
    this.dy = Strides.of(c.outputShape(), o.layout());
    this.depth = Axis.of(c, 0);
    this.height = Axis.of(c, 1);
    this.width = Axis.of(c, 2);
    this.batch = c.batch();
    this.channels = c.channelsPerGroup();
    this.filters = c.filtersPerGroup();
    this.flipped = o.flipped();
    this.product = InnerProduct.of(o.inputType(), o.outputType());
  }

  @Override
  public double sum(
      MemorySegment input, MemorySegment gradient, long k, long c, long z, long y, long w) {
    long t = flipped ? depth.taps() - 1 - z : z;
    long r = flipped ? height.taps() - 1 - y : y;
    long s = flipped ? width.taps() - 1 - w : w;
    long channel = k / filters * channels + c;
    double sum = 0;
    for (long n = 0; n < batch; n++) {
      for (long o = 0; o < depth.output(); o++) {
        long d = depth.source(o, t);
        for (long p = 0; d >= 0 && p < height.output(); p++) {
          long h = height.source(p, r);
          if (h >= 0) {
            sum += row(input, x.at(n, channel, d, h, 0), gradient, dy.at(n, k, o, p, 0), s);
          }
        }
      }
    }
    return sum;
  }

  /** Sums over one row of outputs. */
  private double row(MemorySegment input, long xRow, MemorySegment gradient, long dyRow, long s) {
    long first = width.firstOutputInside(s);
    long end = width.endOfOutputsInside(s);
    double sum = 0;
    if (width.border() != Border.ZEROS) {
      sum += columns(input, xRow, gradient, dyRow, s, 0, first);
      sum += columns(input, xRow, gradient, dyRow, s, end, width.output());
    }
    return sum
        + product.sum(
            input,
            xRow + width.position(first, s) * x.w(),
            width.stride() * x.w(),
            gradient,
            dyRow + first * dy.w(),
            dy.w(),
            end - first);
  }

  /** Sums over the outputs whose tap lies on the border. */
  private double columns(
      MemorySegment input,
      long xRow,
      MemorySegment gradient,
      long dyRow,
      long s,
      long from,
      long to) {
    double sum = 0;
    for (long q = from; q < to; q++) {
      long xAt = xRow + width.source(q, s) * x.w();
      sum += product.sum(input, xAt, 0, gradient, dyRow + q * dy.w(), 0, 1);
    }
    return sum;
  }
}
