package dev.conv4j.cpu.epilogue;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.PLACES;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * The end of a tile of sums whose columns are four vectors of neighbouring channels, in memory that
 * is the library's own throughout. A tile is finished as soon as it is computed, while the next
 * one's products are under way: so little may stand before the loop, and no check in it.
 */
final class VectorTiles {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** Columns of a vector. */
  static final int LANES = Lanes.COUNT;

  /** Columns of a strip. */
  static final int COLUMNS = 4 * LANES;

  private static final long STRIP = 4 * VECTOR;

  private VectorTiles() {}

  /** {@code out = min(max(sums + bias + residual, low), high)}; no residual where that is null. */
  static void finish(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      MemorySegment bias,
      long biasAt,
      @Nullable MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    if (residual == null) {
      finish(sums, sumsAt, sumsStride, bias, biasAt, out, outAt, outStride, rows, low, high);
    } else {
      finishWithResidual(
          sums, sumsAt, sumsStride, bias, biasAt, residual, out, outAt, outStride, rows, low, high);
    }
  }

  /** {@code out = min(max(sums + bias, low), high)}. */
  private static void finish(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      MemorySegment bias,
      long biasAt,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    MemorySegment from = NATIVE.cast(window(sums, sumsAt, (rows - 1) * sumsStride + STRIP));
    MemorySegment to = NATIVE.cast(window(out, outAt, (rows - 1) * outStride + STRIP));
    MemorySegment add = NATIVE.cast(window(bias, biasAt, STRIP));
    sumsAt = placeOf(sums, sumsAt);
    outAt = placeOf(out, outAt);
    biasAt = placeOf(bias, biasAt);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, add, biasAt, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + VECTOR, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + 2 * VECTOR, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + 3 * VECTOR, ORDER);
    FloatVector least = FloatVector.broadcast(SPECIES, low);
    FloatVector most = FloatVector.broadcast(SPECIES, high);
    while (--rows >= 0) {
      FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, from, sumsAt, ORDER).add(b0);
      FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, from, sumsAt + VECTOR, ORDER).add(b1);
      FloatVector v2 =
          FloatVector.fromMemorySegment(SPECIES, from, sumsAt + 2 * VECTOR, ORDER).add(b2);
      FloatVector v3 =
          FloatVector.fromMemorySegment(SPECIES, from, sumsAt + 3 * VECTOR, ORDER).add(b3);
      v0 = v0.blend(least, v0.compare(VectorOperators.LE, least));
      v1 = v1.blend(least, v1.compare(VectorOperators.LE, least));
      v2 = v2.blend(least, v2.compare(VectorOperators.LE, least));
      v3 = v3.blend(least, v3.compare(VectorOperators.LE, least));
      v0 = v0.blend(most, v0.compare(VectorOperators.GE, most));
      v1 = v1.blend(most, v1.compare(VectorOperators.GE, most));
      v2 = v2.blend(most, v2.compare(VectorOperators.GE, most));
      v3 = v3.blend(most, v3.compare(VectorOperators.GE, most));
      v0.intoMemorySegment(to, outAt, ORDER);
      v1.intoMemorySegment(to, outAt + VECTOR, ORDER);
      v2.intoMemorySegment(to, outAt + 2 * VECTOR, ORDER);
      v3.intoMemorySegment(to, outAt + 3 * VECTOR, ORDER);
      sumsAt = (sumsAt + sumsStride) & PLACES;
      outAt = (outAt + outStride) & PLACES;
    }
  }

  /** {@code out = min(max((sums + bias) + residual, low), high)}, the residual as out. */
  private static void finishWithResidual(
      MemorySegment sums,
      long sumsAt,
      long sumsStride,
      MemorySegment bias,
      long biasAt,
      MemorySegment residual,
      MemorySegment out,
      long outAt,
      long outStride,
      int rows,
      float low,
      float high) {
    MemorySegment from = NATIVE.cast(window(sums, sumsAt, (rows - 1) * sumsStride + STRIP));
    MemorySegment to = NATIVE.cast(window(out, outAt, (rows - 1) * outStride + STRIP));
    MemorySegment more = NATIVE.cast(window(residual, outAt, (rows - 1) * outStride + STRIP));
    MemorySegment add = NATIVE.cast(window(bias, biasAt, STRIP));
    sumsAt = placeOf(sums, sumsAt);
    long moreAt = placeOf(residual, outAt);
    outAt = placeOf(out, outAt);
    biasAt = placeOf(bias, biasAt);
    FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, add, biasAt, ORDER);
    FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + VECTOR, ORDER);
    FloatVector b2 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + 2 * VECTOR, ORDER);
    FloatVector b3 = FloatVector.fromMemorySegment(SPECIES, add, biasAt + 3 * VECTOR, ORDER);
    FloatVector least = FloatVector.broadcast(SPECIES, low);
    FloatVector most = FloatVector.broadcast(SPECIES, high);
    while (--rows >= 0) {
      FloatVector v0 = FloatVector.fromMemorySegment(SPECIES, from, sumsAt, ORDER).add(b0);
      FloatVector v1 = FloatVector.fromMemorySegment(SPECIES, from, sumsAt + VECTOR, ORDER).add(b1);
      FloatVector v2 =
          FloatVector.fromMemorySegment(SPECIES, from, sumsAt + 2 * VECTOR, ORDER).add(b2);
      FloatVector v3 =
          FloatVector.fromMemorySegment(SPECIES, from, sumsAt + 3 * VECTOR, ORDER).add(b3);
      v0 = v0.add(FloatVector.fromMemorySegment(SPECIES, more, moreAt, ORDER));
      v1 = v1.add(FloatVector.fromMemorySegment(SPECIES, more, moreAt + VECTOR, ORDER));
      v2 = v2.add(FloatVector.fromMemorySegment(SPECIES, more, moreAt + 2 * VECTOR, ORDER));
      v3 = v3.add(FloatVector.fromMemorySegment(SPECIES, more, moreAt + 3 * VECTOR, ORDER));
      v0 = v0.blend(least, v0.compare(VectorOperators.LE, least));
      v1 = v1.blend(least, v1.compare(VectorOperators.LE, least));
      v2 = v2.blend(least, v2.compare(VectorOperators.LE, least));
      v3 = v3.blend(least, v3.compare(VectorOperators.LE, least));
      v0 = v0.blend(most, v0.compare(VectorOperators.GE, most));
      v1 = v1.blend(most, v1.compare(VectorOperators.GE, most));
      v2 = v2.blend(most, v2.compare(VectorOperators.GE, most));
      v3 = v3.blend(most, v3.compare(VectorOperators.GE, most));
      v0.intoMemorySegment(to, outAt, ORDER);
      v1.intoMemorySegment(to, outAt + VECTOR, ORDER);
      v2.intoMemorySegment(to, outAt + 2 * VECTOR, ORDER);
      v3.intoMemorySegment(to, outAt + 3 * VECTOR, ORDER);
      sumsAt = (sumsAt + sumsStride) & PLACES;
      moreAt = (moreAt + outStride) & PLACES;
      outAt = (outAt + outStride) & PLACES;
    }
  }
}
