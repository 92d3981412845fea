package dev.conv4j.onnx.op.matrix;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;

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
