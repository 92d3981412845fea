package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of a tile of one plane. Sums start from zero and take the taps in memory order, in every
 * kernel, so that all of them give the same bits.
 */
final class PlaneKernels {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;

  /** Bytes of a vector. */
  static final long VECTOR = SPECIES.vectorByteSize();

  /** Bytes of the outputs the widest kernel computes at once. */
  static final long WIDE = 8 * VECTOR;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PlaneKernels() {}

  /**
   * Any filter: eight vectors of neighbouring outputs, one tap after the other.
   *
   * @param x scratch
   * @param xAt byte position of the first output in phase 0 of the input
   * @param offsets byte offset of each tap
   * @param w the filter
   * @param wAt byte position of its first tap
   * @param outAt byte position of the first sum, in the same scratch
   * @param bytes of outputs; rounded up to whole eights of vectors, also in what is read
   */
  static void flat8v(
      MemorySegment x,
      long xAt,
      long[] offsets,
      MemorySegment w,
      long wAt,
      long outAt,
      long bytes) {
    x = NATIVE.cast(x);
    for (long f = 0; f < bytes; f += 8 * VECTOR) {
      FloatVector c0 = FloatVector.zero(SPECIES);
      FloatVector c1 = FloatVector.zero(SPECIES);
      FloatVector c2 = FloatVector.zero(SPECIES);
      FloatVector c3 = FloatVector.zero(SPECIES);
      FloatVector c4 = FloatVector.zero(SPECIES);
      FloatVector c5 = FloatVector.zero(SPECIES);
      FloatVector c6 = FloatVector.zero(SPECIES);
      FloatVector c7 = FloatVector.zero(SPECIES);
      for (int i = 0; i < offsets.length; i++) {
        FloatVector tap = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 4L * i));
        long at = xAt + f + offsets[i];
        c0 = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER).fma(tap, c0);
        c1 = FloatVector.fromMemorySegment(SPECIES, x, at + VECTOR, ORDER).fma(tap, c1);
        c2 = FloatVector.fromMemorySegment(SPECIES, x, at + 2 * VECTOR, ORDER).fma(tap, c2);
        c3 = FloatVector.fromMemorySegment(SPECIES, x, at + 3 * VECTOR, ORDER).fma(tap, c3);
        c4 = FloatVector.fromMemorySegment(SPECIES, x, at + 4 * VECTOR, ORDER).fma(tap, c4);
        c5 = FloatVector.fromMemorySegment(SPECIES, x, at + 5 * VECTOR, ORDER).fma(tap, c5);
        c6 = FloatVector.fromMemorySegment(SPECIES, x, at + 6 * VECTOR, ORDER).fma(tap, c6);
        c7 = FloatVector.fromMemorySegment(SPECIES, x, at + 7 * VECTOR, ORDER).fma(tap, c7);
      }
      long at = outAt + f;
      c0.intoMemorySegment(x, at, ORDER);
      c1.intoMemorySegment(x, at + VECTOR, ORDER);
      c2.intoMemorySegment(x, at + 2 * VECTOR, ORDER);
      c3.intoMemorySegment(x, at + 3 * VECTOR, ORDER);
      c4.intoMemorySegment(x, at + 4 * VECTOR, ORDER);
      c5.intoMemorySegment(x, at + 5 * VECTOR, ORDER);
      c6.intoMemorySegment(x, at + 6 * VECTOR, ORDER);
      c7.intoMemorySegment(x, at + 7 * VECTOR, ORDER);
    }
  }

  /** As {@link #flat8v}, one vector at a time: the rest of a tile. */
  static void flat1v(
      MemorySegment x,
      long xAt,
      long[] offsets,
      MemorySegment w,
      long wAt,
      long outAt,
      long bytes) {
    x = NATIVE.cast(x);
    for (long f = 0; f < bytes; f += VECTOR) {
      FloatVector c = FloatVector.zero(SPECIES);
      for (int i = 0; i < offsets.length; i++) {
        FloatVector tap = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 4L * i));
        c = FloatVector.fromMemorySegment(SPECIES, x, xAt + f + offsets[i], ORDER).fma(tap, c);
      }
      c.intoMemorySegment(x, outAt + f, ORDER);
    }
  }
}
