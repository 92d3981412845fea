package dev.conv4j.onnx.op.normalize;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import java.lang.foreign.MemorySegment;

/** {@code y = x·scale + shift} over a run of elements, and the statistics such scales come from. */
final class Affine {

  private Affine() {}

  static void apply(
      OnnxTensor x, OnnxTensor y, long from, long length, double scale, double shift) {
    ElementType type = x.type();
    if (type == ElementType.FLOAT) {
      floats(x.memory(), y.memory(), 4 * from, 4 * (from + length), (float) scale, (float) shift);
      return;
    }
    for (long i = from; i < from + length; i++) {
      type.setDouble(y.memory(), i, x.getDouble(i) * scale + shift);
    }
  }

  private static void floats(
      MemorySegment x, MemorySegment y, long from, long to, float scale, float shift) {
    for (long at = from; at < to; at += 4) {
      y.set(JAVA_FLOAT_UNALIGNED, at, Math.fma(x.get(JAVA_FLOAT_UNALIGNED, at), scale, shift));
    }
  }

  /** Returns mean and inverse standard deviation of a run of elements. */
  static double[] statistics(OnnxTensor x, long from, long length, double epsilon) {
    double sum = 0;
    for (long i = 0; i < length; i++) {
      sum += x.getDouble(from + i);
    }
    double mean = sum / length;
    double squares = 0;
    for (long i = 0; i < length; i++) {
      double distance = x.getDouble(from + i) - mean;
      squares += distance * distance;
    }
    return new double[] {mean, 1 / Math.sqrt(squares / length + epsilon)};
  }

  static void requireLength(String name, OnnxTensor tensor, long length) {
    if (tensor.elements() != length) {
      throw new InvalidArgumentException(name, tensor, length + " elements");
    }
  }
}
