package dev.conv4j.onnx.op.quantize;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.matrix.MatrixShapes;
import org.jspecify.annotations.Nullable;

/** MatMulInteger and QLinearMatMul: exact sums of products of 8-bit integers. */
final class IntegerProducts {

  private IntegerProducts() {}

  static void matMulInteger(Frame frame) {
    OnnxTensor a = frame.in(0);
    OnnxTensor b = frame.in(1);
    MatrixShapes shapes = MatrixShapes.of(a, b);
    OnnxTensor y = frame.out(0, ElementType.INT32, shapes.dims());
    OnnxTensor zeroA = frame.optional(2);
    OnnxTensor zeroB = frame.optional(3);
    shapes.each((out, row, column, i, j) ->
        y.type().setLong(y.memory(), out, dot(a, b, zeroA, zeroB, shapes, row, column, i, j)));
  }

  /** Inputs: a, its scale and zero point, b, its scale and zero point, those of y. */
  static void qLinearMatMul(Frame frame) {
    OnnxTensor a = frame.in(0);
    OnnxTensor b = frame.in(3);
    OnnxTensor zeroY = frame.in(7);
    MatrixShapes shapes = MatrixShapes.of(a, b);
    OnnxTensor y = frame.out(0, zeroY.type(), shapes.dims());
    shapes.each((out, row, column, i, j) -> {
      long sum = dot(a, b, frame.in(2), frame.in(5), shapes, row, column, i, j);
      double scale = at(frame.in(1), i) * at(frame.in(4), j) / at(frame.in(6), i);
      double value = Math.rint(sum * scale) + zeroY.getLong(zeroY.elements() == 1 ? 0 : i);
      y.type().setLong(y.memory(), out, Quantizing.saturate(value, y.type()));
    });
  }

  private static double at(OnnxTensor scale, long index) {
    return scale.getDouble(scale.elements() == 1 ? 0 : index);
  }

  private static long dot(
      OnnxTensor a,
      OnnxTensor b,
      @Nullable OnnxTensor zeroA,
      @Nullable OnnxTensor zeroB,
      MatrixShapes shapes,
      long row,
      long column,
      long i,
      long j) {
    long za = zero(zeroA, i, shapes.rows());
    long zb = zero(zeroB, j, shapes.columns());
    long sum = 0;
    for (long k = 0; k < shapes.inner(); k++) {
      sum += (a.getLong(row + k) - za) * (b.getLong(column + k * shapes.columns()) - zb);
    }
    return sum;
  }

  private static long zero(@Nullable OnnxTensor zero, long index, long count) {
    if (zero == null) {
      return 0;
    }
    if (zero.elements() != 1 && zero.elements() != count) {
      throw new InvalidArgumentException("zero point", zero, "1 or " + count + " elements");
    }
    return zero.getLong(zero.elements() == 1 ? 0 : index);
  }
}
