package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.util.function.DoublePredicate;
import org.jspecify.annotations.Nullable;

/** Operators that choose or classify elements: Where, Clip, Not, IsNaN, IsInf. */
final class Selection {

  private Selection() {}

  static void where(Frame frame) {
    OnnxTensor condition = frame.in(0);
    OnnxTensor a = frame.in(1);
    OnnxTensor b = frame.in(2);
    if (a.type() != b.type()) {
      throw new InvalidArgumentException("types", a.type() + " and " + b.type(), "one type");
    }
    Broadcast walk = Broadcast.of(condition, a, b);
    OnnxTensor y = frame.out(0, a.type(), walk.dims());
    int bytes = a.type().bytes();
    walk.rows((out, at, length) -> {
      for (long i = 0; i < length; i++) {
        boolean first = condition.getLong(at[0] + i * walk.step(0)) != 0;
        int taken = first ? 1 : 2;
        OnnxTensor from = first ? a : b;
        long index = at[taken] + i * walk.step(taken);
        java.lang.foreign.MemorySegment.copy(
            from.memory(), index * bytes, y.memory(), (out + i) * bytes, bytes);
      }
    });
  }

  /** Clip with bounds as attributes, up to opset 10. */
  static Kernel clipByAttributes(Node node) {
    double low = node.attributes().real("min", -Float.MAX_VALUE);
    double high = node.attributes().real("max", Float.MAX_VALUE);
    return (Kernel.InPlace) frame -> clipReals(frame, low, high);
  }

  /** Clip with bounds as inputs, from opset 11. */
  static void clip(Frame frame) {
    OnnxTensor low = frame.optional(1);
    OnnxTensor high = frame.optional(2);
    if (frame.in(0).type().isFloating()) {
      clipReals(
          frame,
          low == null ? Double.NEGATIVE_INFINITY : low.getDouble(0),
          high == null ? Double.POSITIVE_INFINITY : high.getDouble(0));
    } else {
      clipIntegers(frame, low, high);
    }
  }

  /** The upper bound wins over a lower one above it. */
  private static void clipReals(Frame frame, double low, double high) {
    OnnxTensor x = frame.in(0);
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    ElementType type = x.type();
    for (long i = 0; i < x.elements(); i++) {
      double v = type.getDouble(x.memory(), i);
      type.setDouble(y.memory(), i, Math.min(Math.max(v, low), high));
    }
  }

  private static void clipIntegers(
      Frame frame, @Nullable OnnxTensor low, @Nullable OnnxTensor high) {
    OnnxTensor x = frame.in(0);
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    boolean unsigned = x.type() == ElementType.UINT64;
    for (long i = 0; i < x.elements(); i++) {
      long v = x.getLong(i);
      v = low == null ? v : BinaryFunction.MAX.integer(v, low.getLong(0), unsigned);
      v = high == null ? v : BinaryFunction.MIN.integer(v, high.getLong(0), unsigned);
      x.type().setLong(y.memory(), i, v);
    }
  }

  static Kernel classify(DoublePredicate test) {
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor y = frame.out(0, ElementType.BOOL, x.dims());
      for (long i = 0; i < x.elements(); i++) {
        ElementType.BOOL.setLong(y.memory(), i, test.test(x.getDouble(i)) ? 1 : 0);
      }
    };
  }

  static Kernel isInf(Node node) {
    boolean negative = node.attributes().flag("detect_negative", true);
    boolean positive = node.attributes().flag("detect_positive", true);
    return classify(v -> Double.isInfinite(v) && (v < 0 ? negative : positive));
  }
}
