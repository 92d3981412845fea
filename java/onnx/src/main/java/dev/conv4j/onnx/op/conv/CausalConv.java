package dev.conv4j.onnx.op.conv;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import org.jspecify.annotations.Nullable;

/**
 * CausalConvWithState: a depthwise convolution in time that carries its last inputs from call to
 * call. Inputs: x [N, C, L], w [C, 1, K], bias, past [N, C, K-1]; outputs: y and the new past.
 */
final class CausalConv implements Kernel {

  private final Activation activation;

  CausalConv(Node node) {
    String name = node.attributes().text("activation", "none");
    this.activation =
        switch (name) {
          case "none", "" -> Activation.NONE;
          case "silu", "swish" -> Activation.SILU;
          default ->
              throw new InvalidArgumentException(
                  "attribute activation", "'" + name + "'", "none, silu or swish");
        };
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor w = frame.in(1);
    OnnxTensor bias = frame.optional(2);
    OnnxTensor past = frame.optional(3);
    if (x.rank() != 3 || w.rank() != 3 || w.dim(0) != x.dim(1) || w.dim(1) != 1) {
      throw new InvalidArgumentException("weight", w, "[C, 1, K] for input " + x);
    }
    long length = x.dim(2);
    long taps = w.dim(2);
    long rows = x.dim(0) * x.dim(1);
    if (past != null && past.elements() != rows * (taps - 1)) {
      throw new InvalidArgumentException("past_state", past, "[N, C, " + (taps - 1) + "]");
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    OnnxTensor present =
        frame.wants(1) ? frame.out(1, x.type(), x.dim(0), x.dim(1), taps - 1) : null;
    for (long row = 0; row < rows; row++) {
      long channel = row % x.dim(1);
      for (long t = 0; t < length; t++) {
        double sum = bias == null ? 0 : bias.getDouble(channel);
        for (long k = 0; k < taps; k++) {
          sum += w.getDouble(channel * taps + k) * at(x, past, row, t + k, taps - 1);
        }
        y.type().setDouble(y.memory(), row * length + t, activation.apply(sum));
      }
      for (long k = 0; present != null && k < taps - 1; k++) {
        present
            .type()
            .setDouble(
                present.memory(), row * (taps - 1) + k, at(x, past, row, length + k, taps - 1));
      }
    }
  }

  /** Returns an element of past and input put together. */
  private static double at(
      OnnxTensor x, @Nullable OnnxTensor past, long row, long time, long before) {
    if (time >= before) {
      return x.getDouble(row * x.dim(2) + time - before);
    }
    return past == null ? 0 : past.getDouble(row * before + time);
  }
}
