package dev.conv4j.onnx.op.pool;

import dev.conv4j.Axes;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.op.Windows;
import dev.conv4j.spi.operator.PoolingProblem;

/**
 * The extents of one pooling, on three spatial axes; the ones an input lacks have extent 1. The
 * rules are those of ONNX from opset 19 on: with {@code ceil_mode} a last window that would begin
 * behind the input and its leading padding is left out.
 *
 * @param planes batch times channels
 * @param input D, H, W
 * @param window T, R, S
 * @param stride steps
 * @param dilation distances between taps
 * @param begin padding before each axis
 * @param end padding behind each axis
 * @param output O, P, Q
 * @param dims the result's dimensions
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PoolGeometry(
    long planes,
    int[] input,
    int[] window,
    int[] stride,
    int[] dilation,
    int[] begin,
    int[] end,
    int[] output,
    long[] dims) {

  /** Seconds for an element of the result, with channels last; where windows are apart. */
  private static final double ELEMENT = 0.5e-9;

  private static final double STRIDED_ELEMENT = 0.85e-9;

  /** The same of planes, and for a row of one. */
  private static final double PLANE_ELEMENT = 1e-9;

  private static final double PLANE_ROW = 20e-9;

  static PoolGeometry of(OnnxTensor x, Windows windows, boolean ceil) {
    int rank = x.rank() - 2;
    if (rank < 1 || rank > 3) {
      throw new InvalidArgumentException("input", x, "three to five dimensions");
    }
    long[] kernel = windows.kernel();
    if (kernel == null || kernel.length != rank) {
      throw new InvalidArgumentException(
          "kernel_shape", java.util.Arrays.toString(kernel), rank + " numbers");
    }
    long[] strides = windows.strides(rank);
    long[] dilations = windows.dilations(rank);
    long[] pads = windows.pads(rank);
    int[][] all = new int[7][];
    for (int i = 0; i < all.length; i++) {
      all[i] =
          new int[] {i == 4 || i == 5 ? 0 : 1, i == 4 || i == 5 ? 0 : 1, i == 4 || i == 5 ? 0 : 1};
    }
    long[] dims = x.dims();
    for (int i = 0; i < rank; i++) {
      int axis = 3 - rank + i;
      long extent = x.dim(2 + i);
      long reach = Math.addExact(Math.multiplyExact(dilations[i], kernel[i] - 1), 1);
      long[] fitted = fit(extent, reach, strides[i], pads[i], pads[rank + i], windows, ceil);
      if (kernel[i] < 1 || fitted[2] < 1) {
        throw new InvalidArgumentException(
            "kernel_shape", java.util.Arrays.toString(kernel), "windows that fit " + x);
      }
      long[] values = {
        extent, kernel[i], strides[i], dilations[i], fitted[0], fitted[1], fitted[2]
      };
      for (int k = 0; k < values.length; k++) {
        all[k][axis] = Math.toIntExact(values[k]);
      }
      dims[2 + i] = fitted[2];
    }
    return new PoolGeometry(
        x.dim(0) * x.dim(1), all[0], all[1], all[2], all[3], all[4], all[5], all[6], dims);
  }

  /** Returns padding before, padding behind, and the output extent. */
  private static long[] fit(
      long extent, long reach, long stride, long begin, long end, Windows windows, boolean ceil) {
    if (windows.same()) {
      long output = Math.ceilDiv(extent, stride);
      long total = Math.max(0, (output - 1) * stride + reach - extent);
      long less = total / 2;
      boolean upper = windows.autoPad().equals("SAME_UPPER");
      return new long[] {upper ? less : total - less, upper ? total - less : less, output};
    }
    long span = extent + begin + end - reach;
    if (span < 0) {
      return new long[] {begin, end, ceil && span > -stride ? 1 : 0};
    }
    long output = (ceil ? Math.ceilDiv(span, stride) : span / stride) + 1;
    if (ceil && (output - 1) * stride >= extent + begin) {
      output--;
    }
    return new long[] {begin, end, output};
  }

  /**
   * Returns the same on images of two axes whose channels lie last: they are the last axis then, on
   * which nothing is joined.
   */
  PoolGeometry channelsLast(long batch, long channels) {
    int last = Math.toIntExact(channels);
    return new PoolGeometry(
        batch,
        shifted(input, last),
        shifted(window, 1),
        shifted(stride, 1),
        shifted(dilation, 1),
        shifted(begin, 0),
        shifted(end, 0),
        shifted(output, last),
        ChannelsLast.stored(dims));
  }

  /** Returns about how long it takes: short rows of planes are begun more often than worked at. */
  double seconds(boolean channelsLast) {
    double rows = (double) planes * output[0] * output[1];
    double elements = rows * output[2];
    if (channelsLast) {
      return elements * (stride[2] > 1 ? STRIDED_ELEMENT : ELEMENT);
    }
    return Math.max(elements * PLANE_ELEMENT, rows * PLANE_ROW);
  }

  private static int[] shifted(int[] values, int last) {
    return new int[] {values[1], values[2], last};
  }

  /** Returns the same as the engine puts it. */
  PoolingProblem problem(PoolingProblem.Kind kind) {
    return new PoolingProblem(
        kind,
        planes,
        axes(input),
        axes(window),
        axes(stride),
        axes(dilation),
        axes(begin),
        axes(end),
        axes(output));
  }

  private static Axes axes(int[] values) {
    return new Axes(values[0], values[1], values[2]);
  }

  long inputPlane() {
    return (long) input[0] * input[1] * input[2];
  }

  long outputPlane() {
    return (long) output[0] * output[1] * output[2];
  }

  /** Returns the first tap that lies inside the input. */
  int firstTap(int axis, int start) {
    return start >= 0 ? 0 : (-start + dilation[axis] - 1) / dilation[axis];
  }

  /** Returns the first tap behind those that lie inside the input. */
  int lastTap(int axis, int start) {
    int room = input[axis] - start;
    return room <= 0 ? 0 : Math.min(window[axis], (room - 1) / dilation[axis] + 1);
  }

  /** Returns how many taps lie inside the input and its padding. */
  int paddedTaps(int axis, int start) {
    int room = input[axis] + end[axis] - start;
    return room <= 0 ? 0 : Math.min(window[axis], (room - 1) / dilation[axis] + 1);
  }
}
