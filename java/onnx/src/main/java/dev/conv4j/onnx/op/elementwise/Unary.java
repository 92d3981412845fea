package dev.conv4j.onnx.op.elementwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Activations;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/** {@code y = f(x)}. */
final class Unary implements Kernel.InPlace {

  private final DoubleUnaryOperator real;
  private final @Nullable LongUnaryOperator integer;

  /** The function as an epilogue has it, or null. */
  private final @Nullable Activation activation;

  Unary(Node node) {
    this.activation = Activations.of(node);
    this.real = UnaryFunctions.real(node);
    this.integer = UnaryFunctions.integer(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (activation != null && Pointwise.run(frame, activation, x)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    MemorySegment from = x.memory();
    MemorySegment to = y.memory();
    ElementType type = x.type();
    if (type == ElementType.FLOAT) {
      for (long i = 0; i < x.elements(); i++) {
        float v = from.get(JAVA_FLOAT_UNALIGNED, 4 * i);
        to.set(JAVA_FLOAT_UNALIGNED, 4 * i, (float) real.applyAsDouble(v));
      }
    } else if (type.isFloating() || integer == null) {
      for (long i = 0; i < x.elements(); i++) {
        type.setDouble(to, i, real.applyAsDouble(type.getDouble(from, i)));
      }
    } else {
      for (long i = 0; i < x.elements(); i++) {
        type.setLong(to, i, integer.applyAsLong(type.getLong(from, i)));
      }
    }
  }
}
