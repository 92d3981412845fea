package dev.conv4j.onnx.op.conv;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Epilogue;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Windows;
import java.util.Locale;

/**
 * Conv, and what graph work makes of it: {@code activation(x * w + b + residual)}. Inputs: x, w, b,
 * residual; the last two may be left out.
 */
final class Conv implements Kernel {

  private final Windows windows;
  private final long groups;
  private final Activation activation;
  private final Planned planned = new Planned();

  Conv(Node node) {
    this.windows = Windows.of(node.attributes());
    this.groups = node.attributes().integer("group", 1);
    this.activation =
        new Activation(
            Activation.Kind.valueOf(
                node.attributes().text("activation", "none").toUpperCase(Locale.ROOT)),
            node.attributes().real("activation_alpha", 0),
            node.attributes().real("activation_beta", 0));
    if (groups < 1) {
      throw new InvalidArgumentException("attribute group", groups, "1 or more");
    }
  }

  /** The residual is read where the result is written, element by element. */
  @Override
  public boolean inPlace(int input) {
    return input == 3;
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor w = frame.in(1);
    OnnxTensor b = frame.optional(2);
    OnnxTensor residual = frame.optional(3);
    Convolution convolution = Geometry.forward(x, w, windows, groups);
    DType type = Operands.type(x);
    ConvOptions options =
        ConvOptions.builder()
            .types(type, Operands.type(w), type)
            .epilogue(new Epilogue(b != null, residual != null, activation))
            .mathMode(frame.options().mathMode())
            .accuracy(frame.options().accuracy())
            .fallback(frame.options().fallback())
            .build();
    OnnxTensor y = frame.out(0, x.type(), convolution.outputShape().dims());
    planned.run(frame, convolution, options, x, w, frame.isConstant(1), b, residual, y);
  }

  @Override
  public void close() {
    planned.close();
  }
}
