package dev.conv4j.onnx.op.normalize;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.elementwise.Pointwise;
import java.lang.foreign.MemorySegment;

/** {@code activation(x·scale + shift)} by channel: what graph work makes of normalizations. */
final class ChannelScale implements Kernel.InPlace {

  private final Activation activation;
  private final boolean channelsLast;

  ChannelScale(Node node) {
    this.activation = dev.conv4j.onnx.op.Epilogues.activation(node);
    this.channelsLast = ChannelsLast.is(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor scale = frame.in(1);
    OnnxTensor shift = frame.in(2);
    int axis = channelsLast ? x.rank() - 1 : 1;
    long channels = x.rank() < 2 ? 1 : x.dim(axis);
    if (scale.elements() != 1 && scale.elements() != channels) {
      throw new InvalidArgumentException("channels of " + x, channels, scale.elements() + "");
    }
    if (Pointwise.run(frame, activation, x, axis, scale, shift)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    long plane = Axis.product(x.dims(), Math.min(axis + 1, x.rank()), x.rank());
    boolean relu = activation.kind() == Activation.Kind.RELU && x.type() == ElementType.FLOAT;
    for (long n = 0, at = 0; at < x.elements(); n++, at += plane) {
      long c = scale.elements() == 1 ? 0 : n % channels;
      if (relu) {
        float a = (float) scale.getDouble(c);
        scaleRelu(x.memory(), y.memory(), at, plane, a, (float) shift.getDouble(c));
      } else {
        Affine.apply(x, y, at, plane, scale.getDouble(c), shift.getDouble(c));
        activate(y, at, plane);
      }
    }
  }

  private static void scaleRelu(
      MemorySegment x, MemorySegment y, long from, long length, float scale, float shift) {
    for (long i = 4 * from; i < 4 * (from + length); i += 4) {
      float v = Math.fma(x.get(JAVA_FLOAT_UNALIGNED, i), scale, shift);
      y.set(JAVA_FLOAT_UNALIGNED, i, Math.max(v, 0f));
    }
  }

  private void activate(OnnxTensor y, long from, long length) {
    if (activation.kind() == Activation.Kind.NONE) {
      return;
    }
    for (long i = from; i < from + length; i++) {
      y.type().setDouble(y.memory(), i, activation.apply(y.getDouble(i)));
    }
  }
}
