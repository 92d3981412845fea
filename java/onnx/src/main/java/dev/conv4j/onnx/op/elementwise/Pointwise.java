package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.Activation;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PointwiseProblem.Function;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Functions of floats, element by element, left to the engine. */
public final class Pointwise {

  private Pointwise() {}

  /** Computes {@code activation(f(a, b))}, or returns false where the engine has no such kernel. */
  static boolean run(
      Frame frame,
      BinaryFunction f,
      Activation activation,
      Broadcast walk,
      OnnxTensor a,
      OnnxTensor b) {
    Function function = function(f);
    return function != null && run(frame, function, activation, walk, a, b);
  }

  /** Computes {@code activation(x)}. */
  public static boolean run(Frame frame, Activation activation, OnnxTensor x) {
    return run(frame, Function.COPY, activation, Broadcast.of(x), x);
  }

  /**
   * Computes {@code activation(x·scale + shift)}, one of each for a place on an axis or for all.
   */
  public static boolean run(
      Frame frame,
      Activation activation,
      OnnxTensor x,
      int axis,
      OnnxTensor scale,
      OnnxTensor shift) {
    long[] byChannel = new long[Math.max(1, x.rank() - axis)];
    java.util.Arrays.fill(byChannel, 1);
    byChannel[0] = scale.elements();
    Broadcast walk =
        Broadcast.to(x.dims(), x, scale.reshaped(byChannel), shift.reshaped(byChannel));
    return run(frame, Function.MULTIPLY_ADD, activation, walk, x, scale, shift);
  }

  private static boolean run(
      Frame frame, Function f, Activation activation, Broadcast walk, OnnxTensor... operands) {
    long[] dims = walk.dims();
    if (OnnxTensor.elements(dims) == 0
        || !frame.offloads()
        || List.of(operands).stream().anyMatch(each -> each.type() != ElementType.FLOAT)) {
      return false;
    }
    PointwiseProblem problem = new PointwiseProblem(f, activation, walk.extents(), walk.strides());
    return Offload.run(frame, problem, dims, operands);
  }

  private static @Nullable Function function(BinaryFunction f) {
    return switch (f) {
      case ADD -> Function.ADD;
      case SUB -> Function.SUBTRACT;
      case MUL -> Function.MULTIPLY;
      case DIV -> Function.DIVIDE;
      case MIN -> Function.MINIMUM;
      case MAX -> Function.MAXIMUM;
      default -> null;
    };
  }
}
