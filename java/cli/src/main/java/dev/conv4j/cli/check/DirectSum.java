package dev.conv4j.cli.check;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import java.util.function.LongToDoubleFunction;

/**
 * A convolution straight from its definition, in double precision, one product after the other. It
 * shares no code with any algorithm; slow, and meant to be read.
 */
public final class DirectSum {

  /**
   * A sum of products.
   *
   * @param value the sum
   * @param magnitude the sum of the products' magnitudes, which rounding errors scale with
   */
  public record Sum(double value, double magnitude) {}

  /**
   * The sums of a whole result, in logical order.
   *
   * @param values the sums
   * @param magnitudes the sums of magnitudes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Sums(double[] values, double[] magnitudes) {

    private void add(long index, double product) {
      values[(int) index] += product;
      magnitudes[(int) index] += Math.abs(product);
    }
  }

  private final Convolution problem;
  private final boolean flipped;
  private final Axes in;
  private final Axes out;
  private final Axes filter;

  /**
   * @param problem the convolution
   * @param flipped whether the filter is mirrored on every axis
   */
  public DirectSum(Convolution problem, boolean flipped) {
    this.problem = problem;
    this.flipped = flipped;
    this.in = problem.input();
    this.out = problem.output();
    this.filter = problem.filter();
  }

  /** Returns the number of products in one element of a direction's result, at most. */
  public long terms(Direction direction) {
    return switch (direction) {
      case FORWARD -> problem.taps();
      case BACKWARD_DATA -> problem.filtersPerGroup() * filter.product();
      case BACKWARD_FILTER -> problem.batch() * out.product();
    };
  }

  /**
   * Returns one element of the forward result.
   *
   * @param index its index in logical order
   * @param x the input's elements by index in logical order
   * @param w the filter's elements by index in logical order
   */
  public Sum forwardAt(long index, LongToDoubleFunction x, LongToDoubleFunction w) {
    long q = index % out.w();
    long p = index / out.w() % out.h();
    long o = index / out.w() / out.h() % out.d();
    long k = index / out.product() % problem.filters();
    long n = index / out.product() / problem.filters();
    double value = 0;
    double magnitude = 0;
    for (long c = 0; c < problem.channelsPerGroup(); c++) {
      for (long t = 0; t < filter.d(); t++) {
        for (long r = 0; r < filter.h(); r++) {
          for (long s = 0; s < filter.w(); s++) {
            long source = inputIndex(n, k, c, resolve(0, o, t), resolve(1, p, r), resolve(2, q, s));
            if (source >= 0) {
              double product =
                  x.applyAsDouble(source) * w.applyAsDouble(filterIndex(k, c, t, r, s));
              value += product;
              magnitude += Math.abs(product);
            }
          }
        }
      }
    }
    return new Sum(value, magnitude);
  }

  /**
   * Returns a whole result. The three directions are one walk over all pairs of output element and
   * filter tap: what differs is which two are multiplied and where the product goes.
   *
   * @param direction which product
   * @param first x, or dy for backward-data, in logical order
   * @param second w, or dy for backward-filter, in logical order
   */
  public Sums all(Direction direction, double[] first, double[] second) {
    long size =
        switch (direction) {
          case FORWARD -> problem.outputShape().elements();
          case BACKWARD_DATA -> problem.inputShape().elements();
          case BACKWARD_FILTER -> problem.filterShape().elements();
        };
    Sums sums = new Sums(new double[Math.toIntExact(size)], new double[Math.toIntExact(size)]);
    long y = 0;
    for (long n = 0; n < problem.batch(); n++) {
      for (long k = 0; k < problem.filters(); k++) {
        for (long o = 0; o < out.d(); o++) {
          for (long p = 0; p < out.h(); p++) {
            for (long q = 0; q < out.w(); q++) {
              walkTaps(direction, first, second, sums, n, k, o, p, q, y++);
            }
          }
        }
      }
    }
    return sums;
  }

  private void walkTaps(
      Direction direction,
      double[] first,
      double[] second,
      Sums sums,
      long n,
      long k,
      long o,
      long p,
      long q,
      long y) {
    for (long c = 0; c < problem.channelsPerGroup(); c++) {
      for (long t = 0; t < filter.d(); t++) {
        for (long r = 0; r < filter.h(); r++) {
          for (long s = 0; s < filter.w(); s++) {
            long x = inputIndex(n, k, c, resolve(0, o, t), resolve(1, p, r), resolve(2, q, s));
            long w = filterIndex(k, c, t, r, s);
            if (x < 0) {
              continue;
            }
            switch (direction) {
              case FORWARD -> sums.add(y, first[(int) x] * second[(int) w]);
              case BACKWARD_DATA -> sums.add(x, first[(int) y] * second[(int) w]);
              case BACKWARD_FILTER -> sums.add(w, first[(int) x] * second[(int) y]);
            }
          }
        }
      }
    }
  }

  /** Returns the input coordinate a tap reads on one axis, or -1 for a zero. */
  private long resolve(int axis, long output, long tap) {
    long position =
        output * problem.stride().get(axis)
            - problem.padBegin().get(axis)
            + tap * problem.dilation().get(axis);
    return problem.border().resolve(position, in.get(axis));
  }

  private long inputIndex(long n, long k, long c, long d, long h, long w) {
    if (d < 0 || h < 0 || w < 0) {
      return -1;
    }
    long channel = k / problem.filtersPerGroup() * problem.channelsPerGroup() + c;
    return (((n * problem.channels() + channel) * in.d() + d) * in.h() + h) * in.w() + w;
  }

  private long filterIndex(long k, long c, long t, long r, long s) {
    long depth = flipped ? filter.d() - 1 - t : t;
    long row = flipped ? filter.h() - 1 - r : r;
    long column = flipped ? filter.w() - 1 - s : s;
    return (((k * problem.channelsPerGroup() + c) * filter.d() + depth) * filter.h() + row)
            * filter.w()
        + column;
  }
}
