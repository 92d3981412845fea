package dev.conv4j.bench.gpu;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.MathMode;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;

/**
 * Some elements of a result in double precision, straight from the definition, and how far off a
 * computed one may be. Zero border and unflipped filters only.
 */
final class SampleOracle {

  private static final int SAMPLES = 48;

  /** Products that one comparison may cost. */
  private static final long AFFORDABLE = 6_000_000;

  /** TF32 keeps 10 bits of each factor, and hardware may cut the rest off. */
  private static final double TF32_PRODUCT = 0x1p-9;

  /** What Winograd and FFT algorithms may lose beyond a sum of products, as for our own. */
  static final double TRANSFORM_FACTOR = 64;

  private final Convolution problem;
  private final Direction direction;
  private final Mode mode;
  private final long[] positions;
  private final double[] values;
  private final double[] magnitudes;
  private long terms;

  /**
   * Computes the sums.
   *
   * @param first x, or dy for backward-data, by index in logical order
   * @param second w, or dy for backward-filter, by index in logical order
   */
  SampleOracle(
      Convolution problem,
      Direction direction,
      Mode mode,
      LongToDoubleFunction first,
      LongToDoubleFunction second) {
    this.problem = problem;
    this.direction = direction;
    this.mode = mode;
    long most =
        switch (direction) {
          case FORWARD -> problem.taps();
          case BACKWARD_DATA -> problem.filtersPerGroup() * problem.filter().product();
          case BACKWARD_FILTER -> problem.batch() * problem.output().product();
        };
    int samples = Math.clamp(AFFORDABLE / most, 4, SAMPLES);
    positions = positions(elements(), samples);
    values = new double[positions.length];
    magnitudes = new double[positions.length];
    for (int i = 0; i < positions.length; i++) {
      switch (direction) {
        case FORWARD -> output(i, first, second);
        case BACKWARD_DATA -> input(i, first, second);
        case BACKWARD_FILTER -> filter(i, first, second);
      }
    }
    terms = most;
  }

  private long elements() {
    return switch (direction) {
      case FORWARD -> problem.outputShape().elements();
      case BACKWARD_DATA -> problem.inputShape().elements();
      case BACKWARD_FILTER -> problem.filterShape().elements();
    };
  }

  /** Both ends, and a random place in each of equal parts. */
  private static long[] positions(long elements, int samples) {
    SplittableRandom random = new SplittableRandom(elements);
    long[] chosen = new long[(int) Math.min(samples, elements)];
    for (int i = 0; i < chosen.length; i++) {
      long from = elements * i / chosen.length;
      chosen[i] = random.nextLong(from, Math.max(from + 1, elements * (i + 1) / chosen.length));
    }
    chosen[0] = 0;
    chosen[chosen.length - 1] = elements - 1;
    return chosen;
  }

  private void output(int i, LongToDoubleFunction x, LongToDoubleFunction w) {
    long[] at = split(positions[i], problem.filters(), problem.output());
    for (long c = 0; c < problem.channelsPerGroup(); c++) {
      for (long tap = 0; tap < problem.filter().product(); tap++) {
        long source = source(at, tap);
        if (source >= 0) {
          add(i, x.applyAsDouble(inputAt(at[0], group(at[1]), c, source)), w, at[1], c, tap);
        }
      }
    }
  }

  private void input(int i, LongToDoubleFunction dy, LongToDoubleFunction w) {
    long[] at = split(positions[i], problem.channels(), problem.input());
    long g = at[1] / problem.channelsPerGroup();
    long c = at[1] % problem.channelsPerGroup();
    for (long tap = 0; tap < problem.filter().product(); tap++) {
      long target = target(at, tap);
      for (long k = 0; target >= 0 && k < problem.filtersPerGroup(); k++) {
        long filter = g * problem.filtersPerGroup() + k;
        long y = (at[0] * problem.filters() + filter) * problem.output().product() + target;
        add(i, dy.applyAsDouble(y), w, filter, c, tap);
      }
    }
  }

  private void filter(int i, LongToDoubleFunction x, LongToDoubleFunction dy) {
    long taps = problem.filter().product();
    long tap = positions[i] % taps;
    long c = positions[i] / taps % problem.channelsPerGroup();
    long k = positions[i] / taps / problem.channelsPerGroup();
    long space = problem.output().product();
    for (long n = 0; n < problem.batch(); n++) {
      for (long o = 0; o < space; o++) {
        long source =
            source(split((n * problem.filters() + k) * space + o, 1, problem.output()), tap);
        if (source >= 0) {
          double product =
              x.applyAsDouble(inputAt(n, group(k), c, source))
                  * dy.applyAsDouble((n * problem.filters() + k) * space + o);
          values[i] += product;
          magnitudes[i] += Math.abs(product);
        }
      }
    }
  }

  private void add(int i, double value, LongToDoubleFunction w, long k, long c, long tap) {
    long at = (k * problem.channelsPerGroup() + c) * problem.filter().product() + tap;
    double product = value * w.applyAsDouble(at);
    values[i] += product;
    magnitudes[i] += Math.abs(product);
  }

  /** Returns batch, channel and the three coordinates of an element. */
  private static long[] split(long index, long channels, Axes space) {
    long at = index % space.product();
    long image = index / space.product();
    return new long[] {
      image / channels,
      image % channels,
      at / space.w() / space.h(),
      at / space.w() % space.h(),
      at % space.w()
    };
  }

  private long group(long k) {
    return k / problem.filtersPerGroup();
  }

  private long inputAt(long n, long g, long c, long space) {
    return (n * problem.channels() + g * problem.channelsPerGroup() + c) * problem.input().product()
        + space;
  }

  /** Returns the place in the input that an output reads through a tap, or -1 in the border. */
  private long source(long[] output, long tap) {
    long[] t = split(tap, 1, problem.filter());
    long at = 0;
    for (int axis = 0; axis < 3; axis++) {
      long position =
          output[2 + axis] * problem.stride().get(axis)
              - problem.padBegin().get(axis)
              + t[2 + axis] * problem.dilation().get(axis);
      if (position < 0 || position >= problem.input().get(axis)) {
        return -1;
      }
      at = at * problem.input().get(axis) + position;
    }
    return at;
  }

  /** Returns the place in the output that reads an input through a tap, or -1 when none does. */
  private long target(long[] input, long tap) {
    long[] t = split(tap, 1, problem.filter());
    long at = 0;
    for (int axis = 0; axis < 3; axis++) {
      long position =
          input[2 + axis]
              + problem.padBegin().get(axis)
              - t[2 + axis] * problem.dilation().get(axis);
      long stride = problem.stride().get(axis);
      if (position < 0
          || position % stride != 0
          || position / stride >= problem.output().get(axis)) {
        return -1;
      }
      at = at * problem.output().get(axis) + position / stride;
    }
    return at;
  }

  /**
   * Compares a result.
   *
   * @param result by index in logical order
   * @param factor the error factor its algorithm declares
   * @param transforms whether it may be of the Winograd or FFT kind without declaring how much
   * @return what is wrong, empty when nothing is
   */
  String complaint(LongToDoubleFunction result, double factor, boolean transforms) {
    for (int i = 0; i < positions.length; i++) {
      double found = result.applyAsDouble(positions[i]);
      double allowed = allowed(i, transforms ? Math.max(factor, TRANSFORM_FACTOR) : factor);
      if (!(Math.abs(found - values[i]) <= allowed)) {
        return "element "
            + positions[i]
            + " is "
            + found
            + "; expected "
            + values[i]
            + " within "
            + allowed;
      }
    }
    return "";
  }

  private double allowed(int i, double factor) {
    double unit = (terms + 2) * Math.ulp(1f);
    double products = mode.math() == MathMode.TF32 ? TF32_PRODUCT : 0;
    double stored =
        switch (mode.type()) {
          case F16 -> 0x1p-11;
          case BF16 -> 0x1p-8;
          default -> 0;
        };
    // Values between whole numbers of a half's smallest step round there.
    double smallest = mode.type() == DType.F16 ? 0x1p-25 : 0;
    // A transform in half precision rounds its operands as often as its result.
    double transformed =
        factor > 1 ? factor * stored * magnitudes[i] / Math.sqrt((double) terms) : 0;
    return (factor * unit + products) * magnitudes[i]
        + Math.abs(values[i]) * stored
        + smallest
        + transformed;
  }
}
