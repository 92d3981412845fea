package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * 3×3 filters on planes where they lie. A strip is a vector of neighbouring outputs, followed from
 * the top of a plane to its bottom: each row of input is loaded once and used by all outputs it
 * belongs to, which grow meanwhile. Lanes whose tap is padding are masked; rows of padding are
 * never read, outputs simply begin later or end earlier. What the first rows complete are outputs
 * above the first one: they go where that one is stored next.
 */
final class PlaneStrips {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements that {@link #single} reads behind the first output's first tap. */
  static final int SINGLE_SPAN = LANES + 2;

  /** Elements that {@link #pairs} reads behind the first output's first tap. */
  static final int PAIRS_SPAN = 2 * LANES + 2;

  /** Every second element of two vectors. */
  private static final VectorShuffle<Float> EVEN = everySecond(0);

  private static final VectorShuffle<Float> ODD = everySecond(1);

  /** Lanes of the second vector are counted from minus their number. */
  private static VectorShuffle<Float> everySecond(int first) {
    return VectorShuffle.fromOp(
        SPECIES, i -> 2 * i < LANES ? 2 * i + first : 2 * i + first - 2 * LANES);
  }

  private PlaneStrips() {}

  /**
   * Without stride: three loads for nine products.
   *
   * @param x the input
   * @param xAt byte position of the first row's first tap, possibly padding
   * @param xPlane bytes from plane to plane
   * @param xRow bytes from row to row
   * @param rows rows of input to read
   * @param w the filters
   * @param wAt byte position of the first filter's first tap
   * @param tap bytes from tap to tap
   * @param wPlane bytes from filter to filter
   * @param left lanes whose first tap in a row lies inside, as bits
   * @param middle the same for the second tap
   * @param right the same for the third
   * @param out where the sums go
   * @param outAt byte position of the first sum
   * @param outPlane bytes from plane to plane
   * @param outRow bytes from row to row
   * @param outputs rows of sums
   * @param before rows of input that complete no output: at most two
   * @param behind outputs that are still open after the last row: at most two
   * @param planes how many planes, one filter each
   */
  static void single(
      MemorySegment x,
      long xAt,
      long xPlane,
      long xRow,
      int rows,
      MemorySegment w,
      long wAt,
      long tap,
      long wPlane,
      long left,
      long middle,
      long right,
      MemorySegment out,
      long outAt,
      long outPlane,
      long outRow,
      int outputs,
      int before,
      int behind,
      int planes) {
    x = NATIVE.cast(x);
    out = NATIVE.cast(out);
    VectorMask<Float> m0 = VectorMask.fromLong(SPECIES, left);
    VectorMask<Float> m1 = VectorMask.fromLong(SPECIES, middle);
    VectorMask<Float> m2 = VectorMask.fromLong(SPECIES, right);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int plane = 0; plane < planes; plane++) {
      long t = wAt + plane * wPlane;
      FloatVector w0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t));
      FloatVector w1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + tap));
      FloatVector w2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 2 * tap));
      FloatVector w3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 3 * tap));
      FloatVector w4 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 4 * tap));
      FloatVector w5 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 5 * tap));
      FloatVector w6 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 6 * tap));
      FloatVector w7 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 7 * tap));
      FloatVector w8 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 8 * tap));
      FloatVector begun = FloatVector.zero(SPECIES);
      FloatVector grown = FloatVector.zero(SPECIES);
      long from = xAt + plane * xPlane;
      long first = outAt + plane * outPlane;
      for (int row = 0; row < rows; row++) {
        long at = from + row * xRow;
        FloatVector a = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, at, ORDER), m0);
        FloatVector b = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, at + 4, ORDER), m1);
        FloatVector c = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER), m2);
        long to = first + Math.max(0, row - before) * outRow;
        c.fma(w8, b.fma(w7, a.fma(w6, grown))).intoMemorySegment(out, to, ORDER);
        grown = c.fma(w5, b.fma(w4, a.fma(w3, begun)));
        begun = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
      }
      if (behind > 0) {
        grown.intoMemorySegment(out, first + (outputs - behind) * outRow, ORDER);
      }
      if (behind > 1) {
        begun.intoMemorySegment(out, first + (outputs - 1) * outRow, ORDER);
      }
    }
  }

  /**
   * With stride 2, in pairs of rows: the middle one of an output, and the one it shares with the
   * next output.
   *
   * @param xAt byte position of the plane's first row, at the first output's first tap
   * @param firstRow the first pair's first row; may be -1
   * @param height rows of the plane: the last pair's second row may lie behind it
   * @param pairs pairs of rows
   * @param before pairs that complete no output: at most one
   */
  static void pairs(
      MemorySegment x,
      long xAt,
      long xPlane,
      long xRow,
      long firstRow,
      long height,
      int pairs,
      MemorySegment w,
      long wAt,
      long tap,
      long wPlane,
      long left,
      long middle,
      long right,
      MemorySegment out,
      long outAt,
      long outPlane,
      long outRow,
      int before,
      int planes) {
    x = NATIVE.cast(x);
    out = NATIVE.cast(out);
    VectorMask<Float> m0 = VectorMask.fromLong(SPECIES, left);
    VectorMask<Float> m1 = VectorMask.fromLong(SPECIES, middle);
    VectorMask<Float> m2 = VectorMask.fromLong(SPECIES, right);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int plane = 0; plane < planes; plane++) {
      long t = wAt + plane * wPlane;
      FloatVector w0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t));
      FloatVector w1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + tap));
      FloatVector w2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 2 * tap));
      FloatVector w3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 3 * tap));
      FloatVector w4 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 4 * tap));
      FloatVector w5 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 5 * tap));
      FloatVector w6 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 6 * tap));
      FloatVector w7 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 7 * tap));
      FloatVector w8 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, t + 8 * tap));
      FloatVector begun = FloatVector.zero(SPECIES);
      long from = xAt + plane * xPlane;
      for (int i = 0; i < pairs; i++) {
        long row = firstRow + 2L * i;
        long at = from + Math.max(0, row) * xRow;
        FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER);
        FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + VECTOR, ORDER);
        FloatVector c = FloatVector.fromMemorySegment(SPECIES, x, at + 8, ORDER);
        FloatVector d = FloatVector.fromMemorySegment(SPECIES, x, at + 8 + VECTOR, ORDER);
        FloatVector r = zero.blend(a.rearrange(EVEN, b), m0);
        FloatVector s = zero.blend(a.rearrange(ODD, b), m1);
        FloatVector u = zero.blend(c.rearrange(EVEN, d), m2);
        FloatVector sum = u.fma(w5, s.fma(w4, r.fma(w3, begun)));
        long next = from + Math.min(row + 1, height - 1) * xRow;
        long inside = row + 1 < height ? -1L : 0;
        a = FloatVector.fromMemorySegment(SPECIES, x, next, ORDER);
        b = FloatVector.fromMemorySegment(SPECIES, x, next + VECTOR, ORDER);
        c = FloatVector.fromMemorySegment(SPECIES, x, next + 8, ORDER);
        d = FloatVector.fromMemorySegment(SPECIES, x, next + 8 + VECTOR, ORDER);
        r = zero.blend(a.rearrange(EVEN, b), VectorMask.fromLong(SPECIES, left & inside));
        s = zero.blend(a.rearrange(ODD, b), VectorMask.fromLong(SPECIES, middle & inside));
        u = zero.blend(c.rearrange(EVEN, d), VectorMask.fromLong(SPECIES, right & inside));
        u.fma(w8, s.fma(w7, r.fma(w6, sum)))
            .intoMemorySegment(
                out, outAt + plane * outPlane + Math.max(0, i - before) * outRow, ORDER);
        begun = u.fma(w2, s.fma(w1, r.fma(w0, zero)));
      }
    }
  }
}
