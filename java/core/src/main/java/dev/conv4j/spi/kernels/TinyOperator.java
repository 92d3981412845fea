package dev.conv4j.spi.kernels;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * A small problem of an operator's family in whole numbers, with what must come out. Each family
 * has few, which take between them the ways its kernels have: whole vectors and rests, windows
 * large and small, operands transposed or not.
 *
 * @param problem the problem
 * @param inputs its inputs
 * @param expected its result
 * @param slack how far an element may be off
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TinyOperator(
    OperatorProblem problem, List<double[]> inputs, double[] expected, double slack) {

  /** For functions that round: a root, a power, a quotient of sums of powers. */
  private static final double FUNCTION = 1e-5;

  static List<TinyOperator> of(OperatorProblem problem) {
    return switch (problem) {
      case PointwiseProblem p -> List.of(pointwise(8), pointwise(5));
      case PoolingProblem p -> List.of(maximum(), average(8), average(2));
      case ProductProblem p -> List.of(product(true, 12), product(true, 7), product(false, 9));
      case LocalResponseProblem p -> List.of(localResponse());
      case SoftmaxProblem p -> List.of(softmax());
      case StridedCopyProblem p -> List.of(copy(8), copy(5));
    };
  }

  private static TinyOperator of(
      OperatorProblem problem, List<double[]> inputs, double slack, IntToDoubleFunction result) {
    int elements = Math.toIntExact(problem.resultElements());
    double[] expected = IntStream.range(0, elements).mapToDouble(result).toArray();
    return new TinyOperator(problem, inputs, expected, slack);
  }

  /** Whole numbers from -3 to 3. */
  private static double[] values(int seed, int count) {
    return new SplittableRandom(seed).ints(count, -3, 4).asDoubleStream().toArray();
  }

  private static TinyOperator pointwise(int plane) {
    List<Long> byChannel = List.of(0L, 1L, 0L);
    double[] a = values(1, 6 * plane);
    double[] b = values(2, 3);
    double[] c = values(3, 3);
    PointwiseProblem problem =
        new PointwiseProblem(
            PointwiseProblem.Function.MULTIPLY_ADD,
            Activation.RELU,
            List.of((long) plane, 3L, 2L),
            List.of(List.of(1L, (long) plane, 3L * plane), byChannel, byChannel));
    return of(
        problem, List.of(a, b, c), 0, i -> Math.max(0, a[i] * b[i / plane % 3] + c[i / plane % 3]));
  }

  /** The greatest of 3x3 elements, two apart, of a padded plane of 7x7. */
  private static TinyOperator maximum() {
    double[] x = values(4, 2 * 49);
    Axes threes = new Axes(1, 3, 3);
    Axes pad = new Axes(0, 1, 1);
    PoolingProblem problem =
        new PoolingProblem(
            PoolingProblem.Kind.MAX,
            2,
            new Axes(1, 7, 7),
            threes,
            new Axes(1, 2, 2),
            Axes.ONES,
            pad,
            pad,
            new Axes(1, 4, 4));
    return of(
        problem,
        List.of(x),
        0,
        i -> {
          double best = Double.NEGATIVE_INFINITY;
          for (int tap = 0; tap < 9; tap++) {
            int h = i / 4 % 4 * 2 - 1 + tap / 3;
            int w = i % 4 * 2 - 1 + tap % 3;
            if (h >= 0 && h < 7 && w >= 0 && w < 7) {
              best = Math.max(best, x[i / 16 * 49 + h * 7 + w]);
            }
          }
          return best;
        });
  }

  /** The mean of a whole plane of a power of two elements. */
  private static TinyOperator average(int extent) {
    int taps = extent * extent;
    double[] x = values(5, 5 * taps);
    Axes whole = new Axes(1, extent, extent);
    PoolingProblem problem =
        new PoolingProblem(
            PoolingProblem.Kind.AVERAGE,
            5,
            whole,
            whole,
            Axes.ONES,
            Axes.ONES,
            Axes.ZEROS,
            Axes.ZEROS,
            Axes.ONES);
    return of(
        problem,
        List.of(x),
        0,
        i -> IntStream.range(0, taps).mapToDouble(tap -> x[i * taps + tap]).sum() / taps);
  }

  private static TinyOperator product(boolean transposed, int terms) {
    int m = 5;
    int n = 37;
    double[] a = values(6, m * terms);
    double[] b = values(7, terms * n);
    double[] bias = values(8, n);
    ProductProblem problem =
        new ProductProblem(1, m, n, terms, false, transposed, 0, 0, 2, true, Activation.RELU);
    return of(
        problem,
        List.of(a, b, bias),
        0,
        i -> {
          double sum = 0;
          for (int l = 0; l < terms; l++) {
            sum += a[i / n * terms + l] * b[transposed ? i % n * terms + l : l * n + i % n];
          }
          return Math.max(0, 2 * sum + bias[i % n]);
        });
  }

  /** One over one more than the squares of three neighbours. */
  private static TinyOperator localResponse() {
    int plane = 5;
    double[] x = values(9, 2 * 4 * plane);
    return of(
        new LocalResponseProblem(2, 4, plane, 3, 3, 1, 1),
        List.of(x),
        FUNCTION,
        i -> {
          double sum = 1;
          for (int k = -1; k <= 1; k++) {
            int channel = i / plane % 4 + k;
            double v = channel < 0 || channel > 3 ? 0 : x[i + k * plane];
            sum += v * v;
          }
          return x[i] / sum;
        });
  }

  /** Rows in which every element is either the greatest or too small to count. */
  private static TinyOperator softmax() {
    int length = 300;
    double[] x =
        IntStream.range(0, 2 * length).mapToDouble(i -> i % length % 7 == 3 ? 5 : -200).toArray();
    double greatest = IntStream.range(0, length).filter(i -> i % 7 == 3).count();
    return of(
        new SoftmaxProblem(2, length, 1, false),
        List.of(x),
        FUNCTION,
        i -> x[i] == 5 ? 1 / greatest : 0);
  }

  /** Two slices of rows, exchanged; the result is dense, so that all of it is written. */
  private static TinyOperator copy(int length) {
    double[] x = values(10, 3 * 2 * length);
    return of(
        new StridedCopyProblem(
            List.of(2L, 3L, (long) length),
            0,
            List.of((long) length, 2L * length, 1L),
            0,
            List.of(3L * length, (long) length, 1L)),
        List.of(x),
        0,
        i -> x[i / length % 3 * 2 * length + i / (3 * length) * length + i % length]);
  }
}
