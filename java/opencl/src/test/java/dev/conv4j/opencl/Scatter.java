package dev.conv4j.opencl;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;

/** All three directions by one loop nest over products, in double: shares nothing with kernels. */
final class Scatter {

  private Scatter() {}

  /** Returns the sums of a direction, in logical order. */
  static double[] sums(Convolution v, ConvOptions options, double[] first, double[] second) {
    Axes in = v.input();
    Axes out = v.output();
    Axes f = v.filter();
    int cg = (int) v.channelsPerGroup();
    int kg = (int) v.filtersPerGroup();
    long resultSize =
        switch (options.direction()) {
          case FORWARD -> v.outputShape().elements();
          case BACKWARD_DATA -> v.inputShape().elements();
          case BACKWARD_FILTER -> v.filterShape().elements();
        };
    double[] result = new double[(int) resultSize];
    for (int n = 0; n < v.batch(); n++) {
      for (int k = 0; k < v.filters(); k++) {
        for (int c = 0; c < cg; c++) {
          int channel = k / kg * cg + c;
          for (int pixel = 0; pixel < out.product(); pixel++) {
            for (int tap = 0; tap < f.product(); tap++) {
              int x = input(v, in, out, f, pixel, tap);
              if (x < 0) {
                continue;
              }
              int xi = (int) ((n * v.channels() + channel) * in.product()) + x;
              int yi = (int) ((n * v.filters() + k) * out.product()) + pixel;
              int t = options.flipped() ? (int) f.product() - 1 - tap : tap;
              int wi = (int) ((k * cg + c) * f.product()) + t;
              switch (options.direction()) {
                case FORWARD -> result[yi] += first[xi] * second[wi];
                case BACKWARD_DATA -> result[xi] += first[yi] * second[wi];
                case BACKWARD_FILTER -> result[wi] += first[xi] * second[yi];
              }
            }
          }
        }
      }
    }
    return result;
  }

  private static int input(Convolution v, Axes in, Axes out, Axes f, int pixel, int tap) {
    long[] p = {pixel / out.w() / out.h(), pixel / out.w() % out.h(), pixel % out.w()};
    long[] t = {tap / f.w() / f.h(), tap / f.w() % f.h(), tap % f.w()};
    long at = 0;
    for (int a = 0; a < 3; a++) {
      long position = p[a] * v.stride().get(a) - v.padBegin().get(a) + t[a] * v.dilation().get(a);
      long x = v.border().resolve(position, in.get(a));
      if (x < 0) {
        return -1;
      }
      at = at * in.get(a) + x;
    }
    return (int) at;
  }
}
