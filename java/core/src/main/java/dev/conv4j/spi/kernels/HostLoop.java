package dev.conv4j.spi.kernels;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.spi.ConvProblem;

/** The definition, in one loop nest over all products, for problems of a few thousand of them. */
final class HostLoop {

  private HostLoop() {}

  /**
   * Returns the result in logical order, before it is stored.
   *
   * @param first x or dy in logical order, zero points taken off
   * @param second w or dy in logical order, zero points taken off
   * @param bias one for each result channel
   * @param residual like the result
   */
  static double[] result(
      ConvProblem problem, double[] first, double[] second, double[] bias, double[] residual) {
    ConvOptions options = problem.options();
    double[] sums = sums(problem, first, second);
    long channels = problem.resultShape().dim(1);
    long pixels = sums.length / problem.resultShape().dim(0) / channels;
    for (int i = 0; i < sums.length; i++) {
      double v = sums[i];
      int channel = (int) (i / pixels % channels);
      v += options.epilogue().bias() ? bias[channel] : 0;
      v += options.epilogue().residual() ? residual[i] : 0;
      if (options.resultType() == DType.I8 || options.resultType() == DType.U8) {
        v = Math.rint(v * options.quantization().multiplier(channel));
        v += options.quantization().outputZero();
      }
      sums[i] = options.epilogue().activation().apply(v);
    }
    return sums;
  }

  private static double[] sums(ConvProblem problem, double[] first, double[] second) {
    Convolution v = problem.convolution();
    boolean flipped = problem.options().flipped();
    double[] sums = new double[Math.toIntExact(problem.resultShape().elements())];
    int pixels = (int) v.output().product();
    int taps = (int) v.filter().product();
    int inputs = (int) v.input().product();
    int perGroup = (int) v.channelsPerGroup();
    for (int n = 0; n < v.batch(); n++) {
      for (int k = 0; k < v.filters(); k++) {
        for (int c = 0; c < perGroup; c++) {
          int channel = (int) (k / v.filtersPerGroup()) * perGroup + c;
          int x = (int) (n * v.channels() + channel) * inputs;
          int y = (int) (n * v.filters() + k) * pixels;
          int w = (k * perGroup + c) * taps;
          for (int i = 0; i < pixels * taps; i++) {
            int tap = i % taps;
            int input = input(v, i / taps, tap);
            if (input >= 0) {
              int weight = w + (flipped ? taps - 1 - tap : tap);
              switch (problem.options().direction()) {
                case FORWARD -> sums[y + i / taps] += first[x + input] * second[weight];
                case BACKWARD_DATA -> sums[x + input] += first[y + i / taps] * second[weight];
                case BACKWARD_FILTER -> sums[weight] += first[x + input] * second[y + i / taps];
              }
            }
          }
        }
      }
    }
    return sums;
  }

  /** Returns the input element a tap of an output reads, or -1 for a zero. */
  private static int input(Convolution v, int pixel, int tap) {
    Axes output = v.output();
    long at = 0;
    for (int a = 0; a < 3; a++) {
      long p = coordinate(pixel, output, a) * v.stride().get(a) - v.padBegin().get(a);
      long position = p + coordinate(tap, v.filter(), a) * v.dilation().get(a);
      long source = v.border().resolve(position, v.input().get(a));
      if (source < 0) {
        return -1;
      }
      at = at * v.input().get(a) + source;
    }
    return (int) at;
  }

  private static long coordinate(long index, Axes extents, int axis) {
    return switch (axis) {
      case 0 -> index / extents.w() / extents.h();
      case 1 -> index / extents.w() % extents.h();
      default -> index % extents.w();
    };
  }
}
