package dev.conv4j.onnx.op.conv;

import dev.conv4j.Convolution;
import dev.conv4j.ConvolutionBuilder;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Padding;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Windows;
import java.util.Arrays;

/** From operands and attributes to the engine's problem. */
final class Geometry {

  private Geometry() {}

  /** Returns the problem of a forward convolution. */
  static Convolution forward(OnnxTensor x, OnnxTensor w, Windows windows, long groups) {
    int rank = spatial(x, w, windows);
    if (w.dim(1) * groups != x.dim(1)) {
      throw new InvalidArgumentException(
          "W", w, x.dim(1) + "/" + groups + " channels in each filter");
    }
    ConvolutionBuilder builder = common(x, w, windows, groups, rank).filters(w.dim(0));
    if (windows.same()) {
      builder.padding(
          windows.autoPad().equals("SAME_UPPER") ? Padding.SAME_UPPER : Padding.SAME_LOWER);
    } else {
      long[] pads = windows.pads(rank);
      builder.padBegin(Arrays.copyOf(pads, rank)).padEnd(Arrays.copyOfRange(pads, rank, 2 * rank));
    }
    return builder.build();
  }

  static ConvolutionBuilder common(
      OnnxTensor x, OnnxTensor w, Windows windows, long groups, int rank) {
    return Convolution.builder()
        .batch(x.dim(0))
        .channels(x.dim(1))
        .groups(groups)
        .input(Arrays.copyOfRange(x.dims(), 2, 2 + rank))
        .filter(Arrays.copyOfRange(w.dims(), 2, 2 + rank))
        .stride(windows.strides(rank))
        .dilation(windows.dilations(rank));
  }

  /** Returns the number of spatial axes. */
  static int spatial(OnnxTensor x, OnnxTensor w, Windows windows) {
    int rank = x.rank() - 2;
    if (rank < 1 || rank > 3) {
      throw new InvalidArgumentException("X", x, "one to three spatial axes");
    }
    if (w.rank() != x.rank()) {
      throw new InvalidArgumentException("W", w, "as many dimensions as X " + x);
    }
    long[] kernel = windows.kernel();
    if (kernel != null && !Arrays.equals(kernel, Arrays.copyOfRange(w.dims(), 2, w.rank()))) {
      throw new InvalidArgumentException("kernel_shape", Arrays.toString(kernel), "that of W " + w);
    }
    return rank;
  }
}
