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

  private static final int LANES = Lanes.COUNT;
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
   * A 3×3 filter without stride and dilation: strips of one vector from top to bottom. Each row of
   * input is loaded once and used by the three outputs it belongs to, two of them still growing:
   * three loads for nine products. What the first rows complete are outputs above the tile.
   *
   * @param x scratch
   * @param xAt byte position of the first output's first tap
   * @param w the filter
   * @param wAt byte position of its first tap
   * @param outAt byte position of the first sum, in the same scratch; two rows before it are
   *     overwritten
   * @param pitch bytes from row to row, of input and sums
   * @param rows rows of outputs
   * @param columns outputs in a row
   */
  static void strip3x3(
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long wAt,
      long outAt,
      long pitch,
      int rows,
      int columns) {
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
    for (int column = 0; column < columns; column += LANES) {
      long at = xAt + 4L * column;
      long to = outAt + 4L * column - 2 * pitch;
      FloatVector begun = FloatVector.zero(SPECIES);
      FloatVector grown = FloatVector.zero(SPECIES);
      for (int row = 0; row < rows + 2; row++) {
        FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, at + row * pitch, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + row * pitch + 4, ORDER);
        FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, at + row * pitch + 8, ORDER);
        c.fma(w8, b.fma(w7, a.fma(w6, grown))).intoMemorySegment(x, to + row * pitch, ORDER);
        grown = c.fma(w5, b.fma(w4, a.fma(w3, begun)));
        begun = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
      }
    }
  }
}
