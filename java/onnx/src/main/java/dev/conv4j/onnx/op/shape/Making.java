package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;

/** Operators that make values: constants, shapes, ranges, and casts. */
final class Making {

  private Making() {}

  static Kernel constant(Node node) {
    OnnxTensor value = constantValue(node.attributes());
    return frame -> frame.alias(0, value);
  }

  private static OnnxTensor constantValue(Attributes attributes) {
    OnnxTensor tensor = attributes.tensor("value");
    if (tensor != null) {
      return tensor;
    }
    if (attributes.has("value_float")) {
      return OnnxTensor.of(new long[0], attributes.real("value_float", 0));
    }
    if (attributes.has("value_int")) {
      return OnnxTensor.ofLongs(new long[0], attributes.integer("value_int"));
    }
    float[] reals = attributes.reals("value_floats");
    if (reals != null) {
      return OnnxTensor.of(new long[] {reals.length}, reals);
    }
    long[] integers = attributes.integers("value_ints");
    if (integers != null) {
      return OnnxTensor.ofLongs(integers);
    }
    throw new InvalidArgumentException("attribute value", "missing", "a tensor or numbers");
  }

  static Kernel constantOfShape(Node node) {
    OnnxTensor given = node.attributes().tensor("value");
    OnnxTensor value = given != null ? given : OnnxTensor.zeros(ElementType.FLOAT, 1);
    if (value.elements() != 1) {
      throw new InvalidArgumentException("attribute value", value, "one element");
    }
    return frame -> StridedCopy.fill(frame.out(0, value.type(), frame.in(0).toLongArray()), value);
  }

  static Kernel shape(Node node) {
    long start = node.attributes().integer("start", 0);
    long end = node.attributes().integer("end", Long.MAX_VALUE);
    return frame -> {
      OnnxTensor x = frame.in(0);
      int from = bound(start, x.rank());
      int to = Math.max(from, bound(end, x.rank()));
      OnnxTensor y = frame.out(0, ElementType.INT64, to - from);
      for (int i = from; i < to; i++) {
        y.type().setLong(y.memory(), i - from, x.dim(i));
      }
    };
  }

  private static int bound(long bound, int rank) {
    return Math.clamp(bound < 0 ? bound + rank : bound, 0, rank);
  }

  static void size(Frame frame) {
    OnnxTensor y = frame.out(0, ElementType.INT64);
    y.type().setLong(y.memory(), 0, frame.in(0).elements());
  }

  static void range(Frame frame) {
    OnnxTensor start = frame.in(0);
    ElementType type = start.type();
    double from = start.getDouble(0);
    double step = frame.in(2).getDouble(0);
    double count = Math.max(0, Math.ceil((frame.in(1).getDouble(0) - from) / step));
    if (!(count < 1L << 40)) {
      throw new InvalidArgumentException("delta", step, "a range that ends");
    }
    OnnxTensor y = frame.out(0, type, (long) count);
    for (long i = 0; i < y.elements(); i++) {
      if (type.isFloating()) {
        type.setDouble(y.memory(), i, from + i * step);
      } else {
        type.setLong(y.memory(), i, start.getLong(0) + i * frame.in(2).getLong(0));
      }
    }
  }

  static Kernel cast(Node node) {
    ElementType to = ElementType.of(node.attributes().integer("to"));
    return frame -> convert(frame, to);
  }

  static void castLike(Frame frame) {
    convert(frame, frame.in(1).type());
  }

  private static void convert(Frame frame, ElementType to) {
    OnnxTensor x = frame.in(0);
    if (x.type() == to) {
      frame.alias(0, x);
      return;
    }
    OnnxTensor y = frame.out(0, to, x.dims());
    MemorySegment from = x.memory();
    boolean real = x.type().isFloating() || to.isFloating();
    for (long i = 0; i < x.elements(); i++) {
      if (real) {
        to.setDouble(y.memory(), i, x.type().getDouble(from, i));
      } else {
        to.setLong(y.memory(), i, x.type().getLong(from, i));
      }
    }
  }

  static Kernel eyeLike(Node node) {
    long k = node.attributes().integer("k", 0);
    return frame -> {
      OnnxTensor x = frame.in(0);
      ElementType type =
          node.attributes().has("dtype")
              ? ElementType.of(node.attributes().integer("dtype"))
              : x.type();
      if (x.rank() != 2) {
        throw new InvalidArgumentException("input", x, "two dimensions");
      }
      OnnxTensor y = frame.out(0, type, x.dims());
      for (long i = 0; i < y.elements(); i++) {
        type.setLong(y.memory(), i, i % x.dim(1) - i / x.dim(1) == k ? 1 : 0);
      }
    };
  }
}
