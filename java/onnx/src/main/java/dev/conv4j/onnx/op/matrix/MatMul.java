package dev.conv4j.onnx.op.matrix;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.ProductProblem;

/** Stacks of matrix products. */
final class MatMul implements Kernel {

  @Override
  public void run(Frame frame) {
    OnnxTensor a = frame.in(0);
    OnnxTensor b = frame.in(1);
    if (a.type() != b.type()) {
      throw new InvalidArgumentException("types", a.type() + " and " + b.type(), "one type");
    }
    MatrixShapes shapes = MatrixShapes.of(a, b);
    if (a.type() == ElementType.FLOAT && offloaded(frame, a, b, shapes)) {
      return;
    }
    OnnxTensor y = frame.out(0, a.type(), shapes.dims());
    if (a.type() == ElementType.FLOAT) {
      for (int s = 0; s < shapes.firstA().length; s++) {
        FloatProduct.rowMajor(
            a.memory(),
            shapes.firstA()[s],
            b.memory(),
            shapes.firstB()[s],
            y.memory(),
            s * shapes.rows() * shapes.columns(),
            shapes);
      }
    } else {
      shapes.each((out, row, column, i, j) -> store(a, b, y, shapes, out, row, column));
    }
  }

  private static boolean offloaded(Frame frame, OnnxTensor a, OnnxTensor b, MatrixShapes shapes) {
    int stack = shapes.firstA().length;
    long stepA = stack > 1 ? shapes.firstA()[1] : 0;
    long stepB = stack > 1 ? shapes.firstB()[1] : 0;
    boolean regular = stack > 0 && shapes.rows() * shapes.columns() * shapes.inner() > 0;
    for (int s = 0; regular && s < stack; s++) {
      regular = shapes.firstA()[s] == s * stepA && shapes.firstB()[s] == s * stepB;
    }
    return regular
        && Offload.run(
            frame,
            new ProductProblem(
                stack,
                shapes.rows(),
                shapes.columns(),
                shapes.inner(),
                false,
                false,
                stepA,
                stepB,
                1,
                false,
                Activation.NONE),
            shapes.dims(),
            a,
            b);
  }

  private static void store(
      OnnxTensor a,
      OnnxTensor b,
      OnnxTensor y,
      MatrixShapes shapes,
      long out,
      long row,
      long column) {
    long n = shapes.columns();
    if (a.type().isFloating()) {
      double sum = 0;
      for (long k = 0; k < shapes.inner(); k++) {
        sum += a.getDouble(row + k) * b.getDouble(column + k * n);
      }
      y.type().setDouble(y.memory(), out, sum);
    } else {
      long sum = 0;
      for (long k = 0; k < shapes.inner(); k++) {
        sum += a.getLong(row + k) * b.getLong(column + k * n);
      }
      y.type().setLong(y.memory(), out, sum);
    }
  }
}
