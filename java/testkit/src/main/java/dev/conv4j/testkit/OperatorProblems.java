package dev.conv4j.testkit;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PointwiseProblem.Function;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.ArrayList;
import java.util.List;

/** The corpus of operators: what networks ask for, and the lengths at which vectors end. */
final class OperatorProblems {

  private OperatorProblems() {}

  private static final Activation[] ACTIVATIONS = {
    Activation.NONE,
    Activation.RELU,
    Activation.RELU6,
    Activation.leakyRelu(0.1f),
    Activation.SIGMOID,
    Activation.TANH,
    Activation.SILU,
    Activation.HARD_SWISH,
    Activation.GELU
  };

  static List<PointwiseProblem> pointwise() {
    List<PointwiseProblem> all = new ArrayList<>();
    for (long n : new long[] {1, 15, 16, 33, 5000}) {
      for (Activation activation : ACTIVATIONS) {
        all.add(pointwise(Function.COPY, activation, List.of(n), List.of(1L)));
      }
    }
    for (Function f : Function.values()) {
      if (f.operands() != 2) {
        continue;
      }
      for (Activation activation : List.of(Activation.NONE, Activation.RELU, Activation.SILU)) {
        all.add(pointwise(f, activation, List.of(5003L), List.of(1L), List.of(1L)));
        all.add(pointwise(f, activation, List.of(19L, 7L), List.of(1L, 19L), List.of(0L, 1L)));
        all.add(pointwise(f, activation, List.of(21L, 3L), List.of(0L, 1L), List.of(1L, 21L)));
        all.add(
            pointwise(
                f, activation, List.of(9L, 4L, 3L), List.of(1L, 9L, 36L), List.of(1L, 0L, 9L)));
      }
    }
    for (long plane : new long[] {1, 49, 4100}) {
      for (Activation activation : List.of(Activation.NONE, Activation.RELU, Activation.TANH)) {
        List<Long> byChannel = List.of(0L, 1L, 0L);
        List<Long> dense = List.of(1L, plane, 3 * plane);
        all.add(
            pointwise(
                Function.MULTIPLY_ADD,
                activation,
                List.of(plane, 3L, 2L),
                dense,
                byChannel,
                byChannel));
        List<Long> byPixel = List.of(1L, 0L);
        all.add(
            pointwise(
                Function.MULTIPLY_ADD,
                activation,
                List.of(plane, 6L),
                List.of(1L, plane),
                byPixel,
                byPixel));
      }
    }
    return all;
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  private static PointwiseProblem pointwise(
      Function f, Activation activation, List<Long> extents, List<Long>... strides) {
    return new PointwiseProblem(f, activation, extents, List.of(strides));
  }

  static List<PoolingProblem> pooling() {
    List<PoolingProblem> all = new ArrayList<>();
    for (PoolingProblem.Kind kind : PoolingProblem.Kind.values()) {
      for (long extent : new long[] {5, 14, 33}) {
        for (long window : new long[] {2, 3, 5}) {
          for (long stride : new long[] {1, 2, 3}) {
            all.add(square(kind, extent, window, stride, 0, 1));
            all.add(square(kind, extent, window, stride, window / 2, 1));
          }
        }
        all.add(square(kind, extent, 2, 1, 1, 3));
        all.add(square(kind, extent, 2, 2, 1, 2));
      }
      Axes whole = new Axes(1, 7, 7);
      all.add(problem(kind, whole, whole, Axes.ONES, Axes.ONES, Axes.ZEROS, Axes.ONES));
      Axes line = new Axes(1, 1, 40);
      Axes three = new Axes(1, 1, 3);
      Axes two = new Axes(1, 1, 2);
      all.add(problem(kind, line, three, two, Axes.ONES, new Axes(0, 0, 1), new Axes(1, 1, 20)));
      Axes cube = new Axes(5, 6, 7);
      Axes cubes = new Axes(2, 3, 2);
      all.add(problem(kind, cube, cubes, Axes.ONES, Axes.ONES, Axes.ZEROS, new Axes(4, 4, 6)));
      // The last window ends behind the padding, as with ceil mode.
      Axes twos = new Axes(1, 2, 2);
      all.add(
          problem(
              kind,
              new Axes(1, 8, 8),
              new Axes(1, 3, 3),
              twos,
              Axes.ONES,
              Axes.ZEROS,
              new Axes(1, 4, 4)));
      addOdd(all, kind);
    }
    return all;
  }

  /**
   * Windows wholly in the padding, axes of 1, wide rows, windows with gaps wider than the input.
   */
  private static void addOdd(List<PoolingProblem> all, PoolingProblem.Kind kind) {
    all.add(square(kind, 1, 1, 1, 0, 1));
    all.add(square(kind, 1, 3, 1, 1, 1));
    all.add(square(kind, 3, 2, 1, 4, 1));
    all.add(square(kind, 4, 2, 2, 5, 1));
    all.add(square(kind, 2, 3, 3, 4, 4));
    all.add(square(kind, 20, 4, 2, 1, 1));
    all.add(square(kind, 20, 1, 2, 0, 1));
    all.add(square(kind, 21, 1, 4, 0, 1));
    for (long stride : new long[] {1, 2, 3}) {
      for (long window : new long[] {2, 3, 7}) {
        Axes steps = new Axes(1, 2, stride);
        long output = (9001 + 2 - window) / stride + 1;
        all.add(
            problem(
                kind,
                new Axes(1, 3, 9001),
                new Axes(1, 2, window),
                steps,
                Axes.ONES,
                new Axes(0, 0, 1),
                new Axes(1, 1, output)));
      }
    }
  }

  /** The same windows on planes that lie in each other, with and without gaps between pixels. */
  static List<PoolingProblem> poolingChannelsLast() {
    List<PoolingProblem> all = new ArrayList<>();
    for (PoolingProblem each : pooling()) {
      if (each.input().w() > 9000 && each.window().w() > 2) {
        continue;
      }
      all.add(inPixels(each, 3, 3, 3));
      for (long channels : new long[] {1, 16, 21}) {
        if (each.resultElements() < 1000) {
          all.add(inPixels(each, channels, channels + 5, channels));
          all.add(inPixels(each, channels, channels, channels + 2));
        }
      }
    }
    for (PoolingProblem.Kind kind : PoolingProblem.Kind.values()) {
      // One window in a row of pixels, longer than most, with and without gaps between its taps.
      Axes line = new Axes(1, 3, 81);
      Axes column = new Axes(1, 3, 1);
      all.add(
          inPixels(
              problem(kind, line, line, Axes.ONES, Axes.ONES, Axes.ZEROS, Axes.ONES), 21, 24, 21));
      all.add(
          inPixels(
              problem(
                  kind, line, new Axes(1, 1, 27), Axes.ONES, new Axes(1, 1, 3), Axes.ZEROS, column),
              21,
              21,
              24));
    }
    all.add(inPixels(square(PoolingProblem.Kind.MAX, 20, 3, 2, 1, 1), 48, 48, 48));
    all.add(inPixels(square(PoolingProblem.Kind.MAX, 20, 4, 3, 1, 2), 32, 40, 36));
    all.add(inPixels(square(PoolingProblem.Kind.MAX, 20, 3, 2, 1, 1), 300, 310, 400));
    all.add(inPixels(square(PoolingProblem.Kind.AVERAGE, 7, 7, 1, 0, 1), 1100, 1100, 1100));
    return all;
  }

  private static PoolingProblem inPixels(
      PoolingProblem p, long channels, long inputPitch, long outputPitch) {
    return new PoolingProblem(
            p.kind(),
            2 * channels,
            p.input(),
            p.window(),
            p.stride(),
            p.dilation(),
            p.begin(),
            p.end(),
            p.output())
        .channelsLast(channels, inputPitch, outputPitch);
  }

  private static PoolingProblem square(
      PoolingProblem.Kind kind, long extent, long window, long stride, long pad, long dilation) {
    long output = (extent + 2 * pad - dilation * (window - 1) - 1) / stride + 1;
    return problem(
        kind,
        new Axes(1, extent, extent),
        new Axes(1, window, window),
        new Axes(1, stride, stride),
        new Axes(1, dilation, dilation),
        new Axes(0, pad, pad),
        new Axes(1, output, output));
  }

  private static PoolingProblem problem(
      PoolingProblem.Kind kind,
      Axes input,
      Axes window,
      Axes stride,
      Axes dilation,
      Axes pad,
      Axes output) {
    return new PoolingProblem(kind, 3, input, window, stride, dilation, pad, pad, output);
  }

  static List<ProductProblem> products() {
    List<ProductProblem> all = new ArrayList<>();
    for (long n : new long[] {1, 3, 17, 65, 130}) {
      for (long k : new long[] {1, 31, 32, 100}) {
        for (long m : new long[] {1, 2, 9}) {
          boolean bias = (n + k) % 2 == 0;
          Activation last = n % 2 == 0 ? Activation.RELU : Activation.NONE;
          all.add(new ProductProblem(1, m, n, k, false, true, 0, 0, 1, bias, last));
          all.add(new ProductProblem(1, m, n, k, false, false, 0, 0, 0.5f, !bias, last));
        }
      }
    }
    all.add(new ProductProblem(1, 1, 20, 30, true, true, 0, 0, 1, true, Activation.SIGMOID));
    all.add(new ProductProblem(3, 4, 20, 30, false, false, 120, 600, 1, false, Activation.NONE));
    all.add(new ProductProblem(3, 4, 20, 30, false, false, 120, 0, 1, true, Activation.NONE));
    return all;
  }

  static List<LocalResponseProblem> localResponses() {
    List<LocalResponseProblem> all = new ArrayList<>();
    for (long plane : new long[] {1, 15, 16, 1500}) {
      for (float beta : new float[] {0.75f, 0.5f}) {
        all.add(new LocalResponseProblem(2, 7, plane, 5, 0.1f, beta, 1));
        all.add(new LocalResponseProblem(1, 3, plane, 4, 0.2f, beta, 2));
      }
    }
    return all;
  }

  static List<SoftmaxProblem> softmaxes() {
    List<SoftmaxProblem> all = new ArrayList<>();
    for (boolean logarithm : new boolean[] {false, true}) {
      for (long length : new long[] {1, 2, 15, 16, 17, 1000}) {
        all.add(new SoftmaxProblem(3, length, 1, logarithm));
      }
      all.add(new SoftmaxProblem(20, 1001, 1, logarithm));
      all.add(new SoftmaxProblem(3000, 7, 1, logarithm));
      all.add(new SoftmaxProblem(2, 10, 12, logarithm));
    }
    return all;
  }

  static List<StridedCopyProblem> copies() {
    return List.of(
        new StridedCopyProblem(List.of(10L), 0, List.of(1L), 0, List.of(1L)),
        new StridedCopyProblem(List.of(3L, 20L), 0, List.of(20L, 1L), 7, List.of(50L, 1L)),
        new StridedCopyProblem(List.of(4L, 5L), 0, List.of(1L, 4L), 0, List.of(5L, 1L)),
        new StridedCopyProblem(
            List.of(2L, 17L, 5L, 70L),
            3,
            List.of(5950L, 5L, 1L, 85L),
            2,
            List.of(5950L, 350L, 70L, 1L)),
        new StridedCopyProblem(List.of(300L, 130L), 1, List.of(1L, 310L), 4, List.of(140L, 1L)),
        new StridedCopyProblem(List.of(6L), 5, List.of(-1L), 0, List.of(1L)),
        new StridedCopyProblem(
            List.of(2L, 3L, 4L, 5L), 0, List.of(60L, 5L, 15L, 1L), 0, List.of(60L, 20L, 5L, 1L)));
  }
}
