package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.algorithm.Taps;
import dev.conv4j.spi.ConvProblem;

/**
 * The gradient of a filter as matrix products, one for each group: {@code dw[channel, tap][filter]
 * = Σ x[point][channel, tap] · dy[point][filter]} over the points of the batch.
 *
 * @param forward the forward convolution: source x, result dy
 * @param grid its points
 * @param rows channels times taps of a group
 * @param filterStride elements between filters of dw
 * @param places for each row its element within a filter of dw
 * @param inOrder whether rows lie in dw as they are numbered
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record FilterGradientView(
    GemmView forward, Grid grid, int rows, long filterStride, int[] places, boolean inOrder) {

  static FilterGradientView of(ConvProblem problem) {
    Convolution c = problem.convolution();
    ConvOptions o = problem.options();
    Grid grid = Grid.forward(c).getFirst();
    Taps filter = Taps.of(problem);
    int channels = Math.toIntExact(c.channelsPerGroup());
    GemmView forward =
        new GemmView(
            o.layout(),
            c.batch(),
            c.groups(),
            channels,
            c.filtersPerGroup(),
            Strides.of(c.inputShape(), o.layout()),
            Strides.of(c.outputShape(), o.layout()),
            filter,
            false,
            Grid.forward(c));
    int[] places = places(forward, grid);
    boolean inOrder = true;
    for (int row = 0; row < places.length; row++) {
      inOrder &= places[row] == row;
    }
    return new FilterGradientView(forward, grid, places.length, filter.filter(), places, inOrder);
  }

  /** Rows are numbered channel by channel with channels first, else tap by tap. */
  private static int[] places(GemmView view, Grid grid) {
    long[] taps = view.tapOffsets(grid);
    int[] places = new int[Math.multiplyExact(view.channels(), taps.length)];
    boolean tapByTap = view.layout() == Layout.NHWC;
    for (int channel = 0; channel < view.channels(); channel++) {
      for (int tap = 0; tap < taps.length; tap++) {
        int row = tapByTap ? tap * view.channels() + channel : channel * taps.length + tap;
        places[row] =
            Math.toIntExact(view.filter().start() + channel * view.filter().channel() + taps[tap]);
      }
    }
    return places;
  }
}
