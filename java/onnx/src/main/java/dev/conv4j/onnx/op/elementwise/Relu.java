package dev.conv4j.onnx.op.elementwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;

/** {@code max(x, 0)}: the one unary function with a loop of its own, for it is everywhere. */
final class Relu implements Kernel.InPlace {

  private final Unary others;

  Relu(Node node) {
    this.others = new Unary(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.type() != ElementType.FLOAT) {
      others.run(frame);
      return;
    }
    if (Pointwise.run(frame, Activation.RELU, x)) {
      return;
    }
    MemorySegment from = x.memory();
    MemorySegment to = frame.out(0, ElementType.FLOAT, x.dims()).memory();
    long bytes = x.bytes();
    for (long at = 0; at < bytes; at += 4) {
      to.set(JAVA_FLOAT_UNALIGNED, at, Math.max(from.get(JAVA_FLOAT_UNALIGNED, at), 0f));
    }
  }
}
