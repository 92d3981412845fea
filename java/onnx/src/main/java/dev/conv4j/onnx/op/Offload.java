package dev.conv4j.onnx.op;

import dev.conv4j.OperatorPlan;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.spi.operator.OperatorProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Leaves an operator to the engine where its device has a kernel. */
public final class Offload {

  /** Bytes below which values that are on the host stay there. */
  private static final long WORTH_COPYING = 1 << 16;

  private Offload() {}

  /**
   * Computes output 0, or does nothing.
   *
   * @param problem the operator; its extents are those of the inputs
   * @param dims the output's dimensions
   * @param inputs f32, none without elements
   * @return whether the engine did it; else the caller computes on the host
   */
  public static boolean run(
      Frame frame, OperatorProblem problem, long[] dims, OnnxTensor... inputs) {
    Optional<OperatorPlan> plan = plan(frame, problem, inputs);
    if (plan.isEmpty()) {
      return false;
    }
    run(frame, plan.get(), frame.result(0, ElementType.FLOAT, dims), inputs);
    return true;
  }

  /** Returns the plan for an operator whose inputs are worth being where the engine works. */
  public static Optional<OperatorPlan> plan(
      Frame frame, OperatorProblem problem, OnnxTensor... inputs) {
    boolean pays = frame.offloads();
    if (pays && !frame.hostIsDevice()) {
      pays = false;
      for (OnnxTensor input : inputs) {
        pays |= input.tensor() != null || input.bytes() >= WORTH_COPYING;
      }
    }
    return pays ? OperatorPlan.on(frame.engine(), problem) : Optional.empty();
  }

  /** Runs a plan on values. */
  public static void run(Frame frame, OperatorPlan plan, OnnxTensor y, OnnxTensor... inputs) {
    try (Operands operands = new Operands(frame)) {
      List<Tensor> tensors = new ArrayList<>(inputs.length);
      for (OnnxTensor input : inputs) {
        tensors.add(operands.read(input, Shape.of(input.elements())));
      }
      Tensor result = operands.write(y, Shape.of(y.elements()));
      plan.run(tensors, result);
      operands.written(result, y);
    }
  }
}
