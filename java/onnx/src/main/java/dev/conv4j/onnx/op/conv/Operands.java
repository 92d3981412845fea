package dev.conv4j.onnx.op.conv;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensors of one run of a plan: in place where the engine's device shares the host's memory,
 * copied to it and back elsewhere.
 */
final class Operands implements AutoCloseable {

  private final Engine engine;
  private final boolean inPlace;
  private final List<Tensor> opened = new ArrayList<>(5);

  Operands(Frame frame) {
    this.engine = frame.engine();
    this.inPlace = engine.device().backend().equals("cpu");
  }

  /** Returns the engine's type of these elements. */
  static DType type(OnnxTensor tensor) {
    DType type = tensor.type().dtype();
    if (type == null) {
      throw new InvalidArgumentException(
          "element type", tensor.type().spelling(), "one that convolutions work on");
    }
    return type;
  }

  /** Returns a tensor to read. */
  Tensor read(OnnxTensor tensor, Shape shape) {
    Tensor operand =
        inPlace
            ? engine.wrap(tensor.segment(), shape, type(tensor), Layout.NCHW)
            : engine.tensor(shape, type(tensor)).copyFrom(tensor.segment(), type(tensor));
    opened.add(operand);
    return operand;
  }

  /** Returns a tensor to write; {@link #written} must follow. */
  Tensor write(OnnxTensor tensor, Shape shape) {
    Tensor operand =
        inPlace
            ? engine.wrap(tensor.segment(), shape, type(tensor), Layout.NCHW)
            : engine.tensor(shape, type(tensor));
    opened.add(operand);
    return operand;
  }

  /** Takes what a plan has written. */
  void written(Tensor from, OnnxTensor to) {
    if (!inPlace) {
      from.copyTo(to.segment(), type(to));
    }
  }

  @Override
  public void close() {
    opened.forEach(Tensor::close);
  }
}
