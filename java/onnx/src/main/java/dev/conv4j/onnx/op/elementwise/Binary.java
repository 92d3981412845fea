package dev.conv4j.onnx.op.elementwise;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;

/** {@code y = f(a, b)} with both stretched to a common shape. */
final class Binary implements Kernel.InPlace {

  private final BinaryFunction function;
  private final Activation activation;

  Binary(BinaryFunction function) {
    this(function, Activation.NONE);
  }

  /** A function and what graph work has moved behind it; RELU for numbers that are not floats. */
  Binary(BinaryFunction function, Activation activation) {
    this.function = function;
    this.activation = activation;
  }

  @Override
  public void run(Frame frame) {
    apply(frame.in(0), frame.in(1), frame);
  }

  private void apply(OnnxTensor a, OnnxTensor b, Frame frame) {
    BinaryFunction f = function;
    if (a.type() != b.type() && !f.mixesTypes()) {
      throw new InvalidArgumentException("types", a.type() + " and " + b.type(), "one type");
    }
    Broadcast walk = Broadcast.of(a, b);
    if (Pointwise.run(frame, f, activation, walk, a, b)) {
      return;
    }
    OnnxTensor y = frame.out(0, f.result(a.type()), walk.dims());
    if (a.type() == ElementType.FLOAT && b.type() == ElementType.FLOAT && !f.compares()) {
      floats(a.memory(), b.memory(), y.memory(), f, walk);
    } else {
      others(a, b, y, f, walk);
    }
    activate(y);
  }

  private void activate(OnnxTensor y) {
    if (activation.kind() == Activation.Kind.NONE) {
      return;
    }
    for (long i = 0; i < y.elements(); i++) {
      if (y.type().isFloating()) {
        y.type().setDouble(y.memory(), i, activation.apply(y.getDouble(i)));
      } else {
        y.type().setLong(y.memory(), i, Math.max(y.getLong(i), 0));
      }
    }
  }

  /** Products and sums of floats, exact in double, round once: the same as float arithmetic. */
  private static void floats(
      MemorySegment a, MemorySegment b, MemorySegment y, BinaryFunction f, Broadcast walk) {
    long stepA = walk.step(0);
    long stepB = walk.step(1);
    walk.rows((out, at, length) -> {
      switch (f) {
        case ADD -> sums(a, b, y, out, at, length, stepA, stepB);
        case MUL -> products(a, b, y, out, at, length, stepA, stepB);
        default -> {
          for (long i = 0; i < length; i++) {
            double p = a.get(JAVA_FLOAT_UNALIGNED, 4 * (at[0] + i * stepA));
            double q = b.get(JAVA_FLOAT_UNALIGNED, 4 * (at[1] + i * stepB));
            y.set(JAVA_FLOAT_UNALIGNED, 4 * (out + i), (float) f.real(p, q));
          }
        }
      }
    });
  }

  private static void sums(
      MemorySegment a,
      MemorySegment b,
      MemorySegment y,
      long out,
      long[] at,
      long length,
      long stepA,
      long stepB) {
    long fromA = 4 * at[0];
    long fromB = 4 * at[1];
    for (long i = 0; i < length; i++) {
      float p = a.get(JAVA_FLOAT_UNALIGNED, fromA + 4 * i * stepA);
      float q = b.get(JAVA_FLOAT_UNALIGNED, fromB + 4 * i * stepB);
      y.set(JAVA_FLOAT_UNALIGNED, 4 * (out + i), p + q);
    }
  }

  private static void products(
      MemorySegment a,
      MemorySegment b,
      MemorySegment y,
      long out,
      long[] at,
      long length,
      long stepA,
      long stepB) {
    long fromA = 4 * at[0];
    long fromB = 4 * at[1];
    for (long i = 0; i < length; i++) {
      float p = a.get(JAVA_FLOAT_UNALIGNED, fromA + 4 * i * stepA);
      float q = b.get(JAVA_FLOAT_UNALIGNED, fromB + 4 * i * stepB);
      y.set(JAVA_FLOAT_UNALIGNED, 4 * (out + i), p * q);
    }
  }

  private static void others(
      OnnxTensor a, OnnxTensor b, OnnxTensor y, BinaryFunction f, Broadcast walk) {
    boolean real = a.type().isFloating() || b.type().isFloating();
    boolean unsigned = a.type() == ElementType.UINT64;
    long stepA = walk.step(0);
    long stepB = walk.step(1);
    walk.rows((out, at, length) -> {
      for (long i = 0; i < length; i++) {
        long p = at[0] + i * stepA;
        long q = at[1] + i * stepB;
        if (real) {
          y.type().setDouble(y.memory(), out + i, f.real(a.getDouble(p), b.getDouble(q)));
        } else {
          long value = f.integer(a.getLong(p), b.getLong(q), unsigned);
          y.type().setLong(y.memory(), out + i, value);
        }
      }
    });
  }
}
