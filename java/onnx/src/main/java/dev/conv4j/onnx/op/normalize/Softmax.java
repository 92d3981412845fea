package dev.conv4j.onnx.op.normalize;

import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.SoftmaxProblem;

/**
 * Softmax, LogSoftmax and Hardmax. Up to opset 12 the axes from the given one on count as one;
 * since 13 it is the given axis alone.
 */
final class Softmax implements Kernel {

  /** Which of the three. */
  enum Kind {
    SOFT,
    LOG,
    HARD
  }

  private final Kind kind;
  private final long axis;
  private final boolean joined;

  Softmax(Kind kind, Node node) {
    this.kind = kind;
    this.joined = node.opset() < 13;
    this.axis = node.attributes().integer("axis", joined ? 1 : -1);
  }

  @Override
  public boolean inPlace(int input) {
    return true;
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    int from = joined && axis == x.rank() ? x.rank() : Axis.of(axis, x.rank());
    int to = joined ? x.rank() : from + 1;
    long length = Axis.product(x.dims(), from, to);
    long stride = Axis.product(x.dims(), to, x.rank());
    if (kind != Kind.HARD && x.type() == ElementType.FLOAT && x.elements() > 0) {
      SoftmaxProblem problem =
          new SoftmaxProblem(x.elements() / (length * stride), length, stride, kind == Kind.LOG);
      if (Offload.run(frame, problem, x.dims(), x)) {
        return;
      }
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    double[] row = new double[Math.toIntExact(length)];
    for (long outer = 0; outer * length * stride < x.elements(); outer++) {
      for (long inner = 0; inner < stride; inner++) {
        long first = outer * length * stride + inner;
        for (int i = 0; i < row.length; i++) {
          row[i] = x.getDouble(first + i * stride);
        }
        apply(row);
        for (int i = 0; i < row.length; i++) {
          x.type().setDouble(y.memory(), first + i * stride, row[i]);
        }
      }
    }
  }

  private void apply(double[] row) {
    int top = 0;
    for (int i = 1; i < row.length; i++) {
      top = row[i] > row[top] ? i : top;
    }
    if (kind == Kind.HARD) {
      java.util.Arrays.fill(row, 0);
      row[top] = 1;
      return;
    }
    double shift = row[top];
    double sum = 0;
    for (int i = 0; i < row.length; i++) {
      double power = Math.exp(row[i] - shift);
      sum += power;
      row[i] = kind == Kind.LOG ? row[i] - shift : power;
    }
    double logarithm = Math.log(sum);
    for (int i = 0; i < row.length; i++) {
      row[i] = kind == Kind.LOG ? row[i] - logarithm : row[i] / sum;
    }
  }
}
