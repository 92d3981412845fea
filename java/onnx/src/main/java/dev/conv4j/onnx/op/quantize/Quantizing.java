package dev.conv4j.onnx.op.quantize;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import org.jspecify.annotations.Nullable;

/** QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear. */
final class Quantizing {

  private Quantizing() {}

  /** Rounds to nearest even and saturates. */
  static long saturate(double value, ElementType type) {
    long high =
        switch (type) {
          case UINT8 -> 255;
          case INT8 -> 127;
          case UINT16 -> 65535;
          case INT16 -> 32767;
          case INT32 -> Integer.MAX_VALUE;
          default ->
              throw new InvalidArgumentException(
                  "quantized type", type.spelling(), "an integer type of up to 32 bits");
        };
    long low = type.isUnsigned() ? 0 : -high - 1;
    return (long) Math.clamp(Math.rint(value), (double) low, (double) high);
  }

  static Kernel quantize(Node node) {
    long axis = node.attributes().integer("axis", 1);
    long block = node.attributes().integer("block_size", 0);
    long wanted = node.attributes().integer("output_dtype", 0);
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor scale = frame.in(1);
      OnnxTensor zero = frame.optional(2);
      ElementType type =
          zero != null ? zero.type() : wanted != 0 ? ElementType.of(wanted) : ElementType.UINT8;
      Grid grid = new Grid(x, scale, axis, block);
      OnnxTensor y = frame.out(0, type, x.dims());
      boolean exact = x.type() == ElementType.DOUBLE;
      for (long i = 0; i < x.elements(); i++) {
        long at = grid.index(i);
        double ratio = x.getDouble(i) / scale.getDouble(at);
        // The quotient is one of floats: what it rounds to decides ties.
        double rounded = Math.rint(exact ? ratio : (float) ratio);
        type.setLong(y.memory(), i, saturate(rounded + zero(zero, at), type));
      }
    };
  }

  static Kernel dequantize(Node node) {
    long axis = node.attributes().integer("axis", 1);
    long block = node.attributes().integer("block_size", 0);
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor scale = frame.in(1);
      OnnxTensor zero = frame.optional(2);
      Grid grid = new Grid(x, scale, axis, block);
      OnnxTensor y = frame.out(0, scale.type(), x.dims());
      for (long i = 0; i < x.elements(); i++) {
        long at = grid.index(i);
        double value = (x.getLong(i) - zero(zero, at)) * scale.getDouble(at);
        y.type().setDouble(y.memory(), i, value);
      }
    };
  }

  private static long zero(@Nullable OnnxTensor zero, long at) {
    return zero == null ? 0 : zero.getLong(at);
  }

  /** The scale covers the values and 0 with 256 steps. */
  static void dynamic(Frame frame) {
    OnnxTensor x = frame.in(0);
    float low = 0;
    float high = 0;
    for (long i = 0; i < x.elements(); i++) {
      low = Math.min(low, (float) x.getDouble(i));
      high = Math.max(high, (float) x.getDouble(i));
    }
    float scale = (high - low) / 255;
    float step = scale == 0 ? 1 : scale;
    long zero = saturate((float) (0 - low / (double) step), ElementType.UINT8);
    OnnxTensor y = frame.out(0, ElementType.UINT8, x.dims());
    for (long i = 0; i < x.elements(); i++) {
      double rounded = Math.rint((float) (x.getDouble(i) / step));
      y.type().setLong(y.memory(), i, saturate(rounded + zero, ElementType.UINT8));
    }
    OnnxTensor scaleOut = frame.out(1, ElementType.FLOAT);
    scaleOut.type().setDouble(scaleOut.memory(), 0, scale);
    OnnxTensor zeroOut = frame.out(2, ElementType.UINT8);
    zeroOut.type().setLong(zeroOut.memory(), 0, zero);
  }
}
