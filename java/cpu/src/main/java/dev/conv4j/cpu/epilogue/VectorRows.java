package dev.conv4j.cpu.epilogue;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.Activation;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Vectors along the row, one loop each. What is left of a row is done by a vector that ends with it
 * and is read before the loop, which may overwrite it; where that is not worth it, element by
 * element.
 */
final class VectorRows implements RowKernels {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final PlainRows REST = new PlainRows();
  private static final @Nullable MachineTiles MACHINE = MachineTiles.here().orElse(null);

  private static long bytes(int elements) {
    return (long) elements * Float.BYTES;
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
    if (count < LANES) {
      REST.add(sums, sumsAt, bias, out, outAt, count, low, high);
      return;
    }
    sums = NATIVE.cast(sums);
    out = NATIVE.cast(out);
    int end = count - LANES;
    FloatVector last = FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(end), ORDER);
    for (int i = 0; i < end; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(i), ORDER);
      VectorMath.clip(v.add(bias), low, high).intoMemorySegment(out, outAt + bytes(i), ORDER);
    }
    VectorMath.clip(last.add(bias), low, high).intoMemorySegment(out, outAt + bytes(end), ORDER);
  }

  /**
   * Strips of one vector from the last to the first, all rows of a strip at once: what the last
   * strip covers too much, the next rows and the first strip overwrite. Only the last rows have
   * nothing behind them.
   */
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
    int last = (count - 1) / LANES * LANES;
    int behind = last + LANES - count;
    int whole = Math.max(0, rows - Math.ceilDiv(behind, count));
    for (int strip = last; strip >= 0; strip -= LANES) {
      addStrip(
          sums,
          sumsAt + bytes(strip),
          sumsStride,
          bias,
          out,
          outAt + bytes(strip),
          whole,
          count,
          low,
          high);
    }
    for (int row = whole; row < rows; row++) {
      add(sums, sumsAt + row * sumsStride, bias, out, outAt + row * bytes(count), count, low, high);
    }
  }

  private static void addStrip(
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
    sums = NATIVE.cast(sums);
    out = NATIVE.cast(out);
    for (int row = 0; row < rows; row++) {
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + row * sumsStride, ORDER);
      VectorMath.clip(v.add(bias), low, high)
          .intoMemorySegment(out, outAt + row * bytes(count), ORDER);
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
    if (count < LANES) {
      REST.add(sums, sumsAt, bias, residual, residualAt, out, outAt, count, low, high);
      return;
    }
    sums = NATIVE.cast(sums);
    residual = NATIVE.cast(residual);
    out = NATIVE.cast(out);
    int end = count - LANES;
    FloatVector last =
        FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(end), ORDER)
            .add(bias)
            .add(FloatVector.fromMemorySegment(SPECIES, residual, residualAt + bytes(end), ORDER));
    for (int i = 0; i < end; i += LANES) {
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(i), ORDER)
              .add(bias)
              .add(FloatVector.fromMemorySegment(SPECIES, residual, residualAt + bytes(i), ORDER));
      VectorMath.clip(v, low, high).intoMemorySegment(out, outAt + bytes(i), ORDER);
    }
    VectorMath.clip(last, low, high).intoMemorySegment(out, outAt + bytes(end), ORDER);
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
    sums = NATIVE.cast(sums);
    bias = NATIVE.cast(bias);
    out = NATIVE.cast(out);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(i), ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, bias, biasAt + bytes(i), ORDER))
          .intoMemorySegment(out, outAt + bytes(i), ORDER);
    }
    REST.addColumns(
        sums, sumsAt + bytes(i), bias, biasAt + bytes(i), out, outAt + bytes(i), count - i);
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
    sums = NATIVE.cast(sums);
    bias = NATIVE.cast(bias);
    residual = NATIVE.cast(residual);
    out = NATIVE.cast(out);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + bytes(i), ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, bias, biasAt + bytes(i), ORDER))
          .add(FloatVector.fromMemorySegment(SPECIES, residual, residualAt + bytes(i), ORDER))
          .intoMemorySegment(out, outAt + bytes(i), ORDER);
    }
    REST.addColumns(
        sums,
        sumsAt + bytes(i),
        bias,
        biasAt + bytes(i),
        residual,
        residualAt + bytes(i),
        out,
        outAt + bytes(i),
        count - i);
  }

  /** A strip of one vector of columns at a time, with its bias in a register. */
  @Override
  public int finishColumns(
      boolean own,
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      @Nullable MemorySegment bias,
      long biasAt,
      @Nullable MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      int columns,
      float low,
      float high) {
    if (own && bias != null && MACHINE != null) {
      return MACHINE.finish(
          sums,
          sumsAt,
          sumsStride,
          bias,
          biasAt,
          residual,
          out,
          outAt,
          outStride,
          rows,
          columns,
          low,
          high);
    }
    if (own && bias != null && columns == VectorTiles.COLUMNS) {
      VectorTiles.finish(
          sums, sumsAt, sumsStride, bias, biasAt, residual, out, outAt, outStride, rows, low, high);
      return columns;
    }
    bias = NATIVE.cast(bias);
    int whole = columns / LANES * LANES;
    for (int i = 0; i < whole; i += LANES) {
      FloatVector b =
          bias == null
              ? FloatVector.broadcast(SPECIES, TileEpilogue.NO_BIAS)
              : FloatVector.fromMemorySegment(SPECIES, bias, biasAt + bytes(i), ORDER);
      long from = sumsAt + bytes(i);
      long to = outAt + bytes(i);
      if (residual == null) {
        strip(sums, from, sumsStride, b, out, to, outStride, rows, low, high);
      } else {
        strip(sums, from, sumsStride, b, residual, out, to, outStride, rows, low, high);
      }
    }
    return whole;
  }

  private static void strip(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      FloatVector bias,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    sums = NATIVE.cast(sums);
    out = NATIVE.cast(out);
    for (int row = 0; row < rows; row++) {
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + row * sumsStride, ORDER).add(bias);
      VectorMath.clip(v, low, high).intoMemorySegment(out, outAt + row * outStride, ORDER);
    }
  }

  private static void strip(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      FloatVector bias,
      MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    sums = NATIVE.cast(sums);
    residual = NATIVE.cast(residual);
    out = NATIVE.cast(out);
    for (int row = 0; row < rows; row++) {
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, sums, sumsAt + row * sumsStride, ORDER)
              .add(bias)
              .add(
                  FloatVector.fromMemorySegment(SPECIES, residual, outAt + row * outStride, ORDER));
      VectorMath.clip(v, low, high).intoMemorySegment(out, outAt + row * outStride, ORDER);
    }
  }

  @Override
  public int strip() {
    return VectorTiles.COLUMNS;
  }

  @Override
  public void activate(Activation activation, MemorySegment row, long rowAt, int count) {
    int done =
        switch (activation.kind()) {
          case NONE -> count;
          case RELU -> clip(row, rowAt, count, 0, Float.POSITIVE_INFINITY);
          case CLIP -> clip(row, rowAt, count, activation.alpha(), activation.beta());
          case LEAKY_RELU -> leakyRelu(row, rowAt, count, activation.alpha());
          case HARD_SWISH -> hardSwish(row, rowAt, count);
          case SIGMOID -> sigmoid(row, rowAt, count);
          case TANH -> tanh(row, rowAt, count);
          case SILU -> silu(row, rowAt, count);
          case GELU -> gelu(row, rowAt, count);
        };
    PlainRows.activate(activation, row, rowAt, done, count);
  }

  private static int clip(MemorySegment row, long at, int count, float low, float high) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER);
      VectorMath.clip(v, low, high).intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int leakyRelu(MemorySegment row, long at, int count, float slope) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER);
      v.mul(slope)
          .blend(v, v.compare(VectorOperators.GE, 0))
          .intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int hardSwish(MemorySegment row, long at, int count) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.hardSwish(FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER))
          .intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int sigmoid(MemorySegment row, long at, int count) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.sigmoid(FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER))
          .intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int silu(MemorySegment row, long at, int count) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER);
      v.mul(VectorMath.sigmoid(v)).intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int tanh(MemorySegment row, long at, int count) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.tanh(FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER))
          .intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }

  private static int gelu(MemorySegment row, long at, int count) {
    row = NATIVE.cast(row);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMath.gelu(FloatVector.fromMemorySegment(SPECIES, row, at + bytes(i), ORDER))
          .intoMemorySegment(row, at + bytes(i), ORDER);
    }
    return i;
  }
}
