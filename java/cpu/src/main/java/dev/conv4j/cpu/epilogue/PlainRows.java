package dev.conv4j.cpu.epilogue;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import java.lang.foreign.MemorySegment;

/** Loops over single elements: for a JVM without vectors, and for the rest of a row of vectors. */
final class PlainRows implements RowKernels {

  private static float get(MemorySegment segment, long at, int i) {
    return segment.get(JAVA_FLOAT_UNALIGNED, at + (long) i * Float.BYTES);
  }

  private static void set(MemorySegment segment, long at, int i, float value) {
    segment.set(JAVA_FLOAT_UNALIGNED, at + (long) i * Float.BYTES, value);
  }

  @Override
  public void add(
      MemorySegment sums,
      long sumsAt,
      float bias,
      MemorySegment out,
      long outAt,
      int count,
      float low,
      float high) {
    for (int i = 0; i < count; i++) {
      set(out, outAt, i, ScalarMath.clip(get(sums, sumsAt, i) + bias, low, high));
    }
  }

  @Override
  public void addDense(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      float bias,
      MemorySegment out,
      long outAt,
      int rows,
      int count,
      float low,
      float high) {
    for (int row = 0; row < rows; row++) {
      add(sums, sumsAt + row * sumsStride, bias, out, outAt + 4L * row * count, count, low, high);
    }
  }

  @Override
  public void add(
      MemorySegment sums,
      long sumsAt,
      float bias,
      MemorySegment residual,
      long residualAt,
      MemorySegment out,
      long outAt,
      int count,
      float low,
      float high) {
    for (int i = 0; i < count; i++) {
      float sum = get(sums, sumsAt, i) + bias + get(residual, residualAt, i);
      set(out, outAt, i, ScalarMath.clip(sum, low, high));
    }
  }

  @Override
  public void addColumns(
      MemorySegment sums,
      long sumsAt,
      MemorySegment bias,
      long biasAt,
      MemorySegment out,
      long outAt,
      int count) {
    for (int i = 0; i < count; i++) {
      set(out, outAt, i, get(sums, sumsAt, i) + get(bias, biasAt, i));
    }
  }

  @Override
  public void addColumns(
      MemorySegment sums,
      long sumsAt,
      MemorySegment bias,
      long biasAt,
      MemorySegment residual,
      long residualAt,
      MemorySegment out,
      long outAt,
      int count) {
    for (int i = 0; i < count; i++) {
      float sum = get(sums, sumsAt, i) + get(bias, biasAt, i);
      set(out, outAt, i, sum + get(residual, residualAt, i));
    }
  }

  @Override
  public void activate(Activation activation, MemorySegment row, long rowAt, int count) {
    activate(activation, row, rowAt, 0, count);
  }

  /** Applies a function to the elements from {@code from} on. */
  static void activate(Activation activation, MemorySegment row, long rowAt, int from, int count) {
    for (int i = from; i < count; i++) {
      set(row, rowAt, i, apply(activation, get(row, rowAt, i)));
    }
  }

  private static float apply(Activation activation, float v) {
    return switch (activation.kind()) {
      case NONE -> v;
      case RELU -> v <= 0 ? 0 : v;
      case CLIP -> ScalarMath.clip(v, activation.alpha(), activation.beta());
      case LEAKY_RELU -> ScalarMath.leakyRelu(v, activation.alpha());
      case SIGMOID -> ScalarMath.sigmoid(v);
      case TANH -> ScalarMath.tanh(v);
      case SILU -> ScalarMath.silu(v);
      case HARD_SWISH -> ScalarMath.hardSwish(v);
      case GELU -> ScalarMath.gelu(v);
    };
  }
}
