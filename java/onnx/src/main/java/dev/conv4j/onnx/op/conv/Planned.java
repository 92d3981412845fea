package dev.conv4j.onnx.op.conv;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Layout;
import dev.conv4j.PackedFilter;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Operands;
import org.jspecify.annotations.Nullable;

/** Runs a plan of the engine on a node's values. Shared by threads. */
public final class Planned implements AutoCloseable {

  private final Filters filters = new Filters();

  /**
   * Plans, or finds the plan, and runs it.
   *
   * @param first what the plan reads
   * @param filter the weights
   * @param constantFilter whether they are the same in every run
   * @param result what the plan writes
   */
  public void run(
      Frame frame,
      Convolution convolution,
      ConvOptions options,
      OnnxTensor first,
      OnnxTensor filter,
      boolean constantFilter,
      @Nullable OnnxTensor bias,
      @Nullable OnnxTensor residual,
      OnnxTensor result) {
    run(
        frame,
        frame.engine().plan(convolution, options),
        first,
        filter,
        constantFilter,
        bias,
        residual,
        result);
  }

  /** Runs a plan. */
  public void run(
      Frame frame,
      ConvPlan plan,
      OnnxTensor first,
      OnnxTensor filter,
      boolean constantFilter,
      @Nullable OnnxTensor bias,
      @Nullable OnnxTensor residual,
      OnnxTensor result) {
    Shape shape = Shape.of(result.dims());
    Layout layout = plan.options().layout();
    try (Operands operands = new Operands(frame)) {
      Tensor x = operands.read(first, Shape.of(first.dims()), layout);
      Tensor b = bias == null ? null : operands.read(bias, Shape.of(bias.elements()));
      Tensor r = residual == null ? null : operands.read(residual, shape, layout);
      Tensor y = operands.write(result, shape, layout);
      Shape filterShape = plan.convolution().filterShape();
      PackedFilter packed =
          constantFilter ? filters.forPlan(plan, () -> operands.pack(plan, filter)) : null;
      if (packed != null) {
        plan.run(x, packed, b, r, y);
      } else {
        plan.run(x, operands.read(filter, filterShape), b, r, y);
      }
      operands.written(y, result);
    }
  }

  @Override
  public void close() {
    filters.close();
  }
}
