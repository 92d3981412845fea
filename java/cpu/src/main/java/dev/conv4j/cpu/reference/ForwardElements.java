package dev.conv4j.cpu.reference;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.algorithm.Taps;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;

/** {@code y[n,k,o,p,q] = Σ x[n,c,d,h,w]·w[k,c,t,r,s]} over the group's channels and all taps. */
final class ForwardElements implements Elements {

  private final Strides x;
  private final Taps w;
  private final Axis depth;
  private final Axis height;
  private final Axis width;
  private final long channels;
  private final long filters;
  private final InnerProduct[] products;

  ForwardElements(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    this.x = Strides.of(c.inputShape(), o.layout());
    this.w = Taps.of(problem);
    this.depth = Axis.of(c, 0);
    this.height = Axis.of(c, 1);
    this.width = Axis.of(c, 2);
    this.channels = c.channelsPerGroup();
    this.filters = c.filtersPerGroup();
    this.products = products(o);
  }

  /** One for all filters, or for integers one for each filter zero point. */
  private static InnerProduct[] products(ConvOptions o) {
    if (!o.inputType().isInteger()) {
      return new InnerProduct[] {InnerProduct.of(o.inputType(), o.filterType())};
    }
    return o.quantization().filterZeros().stream()
        .map(zero ->
            InnerProduct.Bytes.of(
                o.inputType(), o.quantization().inputZero(), o.filterType(), zero))
        .toArray(InnerProduct[]::new);
  }

  @Override
  public double sum(
      MemorySegment input, MemorySegment filter, long n, long k, long o, long p, long q) {
    InnerProduct product = products[products.length == 1 ? 0 : (int) k];
    long firstChannel = k / filters * channels;
    double sum = 0;
    for (long t = 0; t < depth.taps(); t++) {
      long d = depth.source(o, t);
      for (long r = 0; d >= 0 && r < height.taps(); r++) {
        long h = height.source(p, r);
        if (h >= 0) {
          sum +=
              row(product, input, x.at(n, firstChannel, d, h, 0), filter, w.at(k, 0, t, r, 0), q);
        }
      }
    }
    return sum;
  }

  /** Sums over one row of taps; the inner loop runs along the longer of taps and channels. */
  private double row(
      InnerProduct product,
      MemorySegment input,
      long xRow,
      MemorySegment filter,
      long wRow,
      long q) {
    long first = width.firstTapInside(q);
    long end = width.endOfTapsInside(q);
    double sum = 0;
    if (width.border() != Border.ZEROS) {
      sum += columns(product, input, xRow, filter, wRow, q, 0, first);
      sum += columns(product, input, xRow, filter, wRow, q, end, width.taps());
    }
    if (channels >= end - first) {
      return sum + columns(product, input, xRow, filter, wRow, q, first, end);
    }
    long xAt = xRow + width.position(q, first) * x.w();
    long wAt = wRow + first * w.s();
    for (long c = 0; c < channels; c++) {
      sum +=
          product.sum(
              input,
              xAt + c * x.channel(),
              width.dilation() * x.w(),
              filter,
              wAt + c * w.channel(),
              w.s(),
              end - first);
    }
    return sum;
  }

  /** Sums over some taps of a row, each over all channels. */
  private double columns(
      InnerProduct product,
      MemorySegment input,
      long xRow,
      MemorySegment filter,
      long wRow,
      long q,
      long from,
      long to) {
    double sum = 0;
    for (long s = from; s < to; s++) {
      long xAt = xRow + width.source(q, s) * x.w();
      sum += product.sum(input, xAt, x.channel(), filter, wRow + s * w.s(), w.channel(), channels);
    }
    return sum;
  }
}
