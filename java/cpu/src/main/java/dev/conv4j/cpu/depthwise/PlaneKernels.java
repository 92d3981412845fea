package dev.conv4j.cpu.depthwise;

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
    for (long f = 0; f < bytes; f += 8 * VECTOR) {
      FloatVector c0 = FloatVector.zero(SPECIES);
      FloatVector c1 = c0;
      FloatVector c2 = c0;
      FloatVector c3 = c0;
      FloatVector c4 = c0;
      FloatVector c5 = c0;
      FloatVector c6 = c0;
      FloatVector c7 = c0;
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
    for (long f = 0; f < bytes; f += VECTOR) {
      FloatVector c = FloatVector.zero(SPECIES);
      for (int i = 0; i < offsets.length; i++) {
        FloatVector tap = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 4L * i));
        c = FloatVector.fromMemorySegment(SPECIES, x, xAt + f + offsets[i], ORDER).fma(tap, c);
      }
      c.intoMemorySegment(x, outAt + f, ORDER);
    }
  }

  /**
   * A 3×3 filter without stride and dilation: one vector in each of four rows. Each vector of input
   * is loaded once and used by up to three rows: 18 loads for 36 products instead of 36.
   *
   * @param x scratch
   * @param xAt byte position of the first output's first tap
   * @param w the filter
   * @param wAt byte position of its first tap
   * @param outAt byte position of the first sum, in the same scratch
   * @param pitch bytes from row to row, of input and sums
   * @param rows a multiple of 4
   * @param bytes of a row's outputs
   */
  static void rows4of3x3(
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long wAt,
      long outAt,
      long pitch,
      int rows,
      long bytes) {
    FloatVector w0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt));
    FloatVector w1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 4));
    FloatVector w2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 8));
    FloatVector w3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 12));
    FloatVector w4 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 16));
    FloatVector w5 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 20));
    FloatVector w6 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 24));
    FloatVector w7 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 28));
    FloatVector w8 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 32));
    FloatVector zero = FloatVector.zero(SPECIES);
    for (long row = 0; row < rows * pitch; row += 4 * pitch) {
      for (long f = row; f < row + bytes; f += VECTOR) {
        long at = xAt + f;
        FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        FloatVector r0 = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
        at += pitch;
        a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        r0 = c.fma(w5, b.fma(w4, a.fma(w3, r0)));
        FloatVector r1 = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
        at += pitch;
        a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        c.fma(w8, b.fma(w7, a.fma(w6, r0))).intoMemorySegment(x, outAt + f, ORDER);
        r1 = c.fma(w5, b.fma(w4, a.fma(w3, r1)));
        FloatVector r2 = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
        at += pitch;
        a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        c.fma(w8, b.fma(w7, a.fma(w6, r1))).intoMemorySegment(x, outAt + f + pitch, ORDER);
        r2 = c.fma(w5, b.fma(w4, a.fma(w3, r2)));
        FloatVector r3 = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
        at += pitch;
        a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        c.fma(w8, b.fma(w7, a.fma(w6, r2))).intoMemorySegment(x, outAt + f + 2 * pitch, ORDER);
        r3 = c.fma(w5, b.fma(w4, a.fma(w3, r3)));
        at += pitch;
        a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        c.fma(w8, b.fma(w7, a.fma(w6, r3))).intoMemorySegment(x, outAt + f + 3 * pitch, ORDER);
      }
    }
  }
}
