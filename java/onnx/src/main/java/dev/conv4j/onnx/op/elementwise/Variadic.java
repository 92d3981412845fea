package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;

/** Sum, Mean, Min and Max of any number of arrays. */
final class Variadic implements Kernel {

  private final BinaryFunction function;
  private final boolean mean;

  Variadic(BinaryFunction function, boolean mean) {
    this.function = function;
    this.mean = mean;
  }

  @Override
  public void run(Frame frame) {
    if (frame.inputs() == 2 && !mean) {
      new Binary(function).run(frame);
      return;
    }
    OnnxTensor[] operands = new OnnxTensor[frame.inputs()];
    for (int i = 0; i < operands.length; i++) {
      operands[i] = frame.in(i);
      if (operands[i].type() != operands[0].type()) {
        throw new InvalidArgumentException(
            "types", operands[0].type() + " and " + operands[i].type(), "one type");
      }
    }
    Broadcast walk = Broadcast.of(operands);
    ElementType type = operands[0].type();
    OnnxTensor y = frame.out(0, type, walk.dims());
    double scale = mean ? 1.0 / operands.length : 1;
    walk.rows((out, at, length) -> {
      for (long i = 0; i < length; i++) {
        if (type.isFloating()) {
          type.setDouble(y.memory(), out + i, scale * real(operands, walk, at, i));
        } else {
          type.setLong(y.memory(), out + i, integer(operands, walk, at, i));
        }
      }
    });
  }

  private double real(OnnxTensor[] operands, Broadcast walk, long[] at, long i) {
    double value = operands[0].getDouble(at[0] + i * walk.step(0));
    for (int k = 1; k < operands.length; k++) {
      value = function.real(value, operands[k].getDouble(at[k] + i * walk.step(k)));
    }
    return value;
  }

  private long integer(OnnxTensor[] operands, Broadcast walk, long[] at, long i) {
    boolean unsigned = operands[0].type() == ElementType.UINT64;
    long value = operands[0].getLong(at[0] + i * walk.step(0));
    for (int k = 1; k < operands.length; k++) {
      value = function.integer(value, operands[k].getLong(at[k] + i * walk.step(k)), unsigned);
    }
    return value;
  }
}
