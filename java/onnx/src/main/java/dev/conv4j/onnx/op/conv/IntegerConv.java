package dev.conv4j.onnx.op.conv;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Epilogue;
import dev.conv4j.Quantization;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operands;
import dev.conv4j.onnx.op.Windows;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ConvInteger and QLinearConv: exact sums of 8-bit products, requantized by the latter. */
final class IntegerConv implements Kernel {

  private final Windows windows;
  private final long groups;
  private final boolean requantizes;
  private final Planned planned = new Planned();

  IntegerConv(Node node, boolean requantizes) {
    this.windows = Windows.of(node.attributes());
    this.groups = node.attributes().integer("group", 1);
    this.requantizes = requantizes;
  }

  @Override
  public void run(Frame frame) {
    int weights = requantizes ? 3 : 1;
    OnnxTensor x = frame.in(0);
    OnnxTensor w = frame.in(weights);
    Convolution convolution = Geometry.forward(x, w, windows, groups);
    Quantization quantization =
        requantizes
            ? new Quantization(
                zero(frame.optional(2)),
                zeros(frame.optional(5)),
                multipliers(frame),
                zero(frame.optional(7)))
            : new Quantization(zero(frame.optional(2)), zeros(frame.optional(3)), List.of(), 0);
    ElementType type = requantizes ? frame.in(7).type() : ElementType.INT32;
    OnnxTensor y = frame.result(0, type, convolution.outputShape().dims());
    OnnxTensor bias = requantizes ? frame.optional(8) : null;
    ConvOptions options =
        ConvOptions.builder()
            .types(Operands.type(x), Operands.type(w), Operands.type(y))
            .epilogue(bias == null ? Epilogue.NONE : Epilogue.BIAS)
            .quantization(quantization)
            .fallback(frame.options().fallback())
            .build();
    planned.run(frame, convolution, options, x, w, frame.isConstant(weights), bias, null, y);
  }

  private static int zero(@Nullable OnnxTensor zero) {
    return zero == null ? 0 : (int) zero.getLong(0);
  }

  private static List<Integer> zeros(@Nullable OnnxTensor zeros) {
    if (zeros == null) {
      return List.of(0);
    }
    List<Integer> list = new ArrayList<>();
    for (long i = 0; i < zeros.elements(); i++) {
      list.add((int) zeros.getLong(i));
    }
    return list;
  }

  private static List<Float> multipliers(Frame frame) {
    OnnxTensor scales = frame.in(4);
    float x = (float) frame.in(1).getDouble(0);
    float y = (float) frame.in(6).getDouble(0);
    List<Float> list = new ArrayList<>();
    for (long i = 0; i < scales.elements(); i++) {
      list.add(x * (float) scales.getDouble(i) / y);
    }
    return list;
  }

  @Override
  public void close() {
    planned.close();
  }
}
