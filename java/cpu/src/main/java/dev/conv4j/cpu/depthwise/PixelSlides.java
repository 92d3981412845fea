package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * 3×3 filters on a row of pixels of NHWC: vectors along the channels, from the row's begin to its
 * end. Each column of input is loaded once and used by all outputs it belongs to, which grow
 * meanwhile; columns of padding are never read. Rows of padding are masked: in their place any
 * other row is read. What the first columns complete are outputs before the first one: they go
 * where that one is stored next.
 */
final class PixelSlides {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PixelSlides() {}

  /** Returns whether rows can be computed this way. */
  static boolean takes(Axis width) {
    return width.stride() == 1
        ? width.padBegin() <= 2 && width.padEnd() <= 2
        : width.stride() == 2
            && width.padBegin() <= 1
            && width.position(width.output() - 1, 1) < width.input();
  }

  /**
   * Without stride: three loads for nine products.
   *
   * @param x the input
   * @param above byte position of the first row of taps
   * @param middle the same for the second row
   * @param below the same for the third
   * @param inside bits 0 to 2: whether these rows lie inside
   * @param columns columns of the input
   * @param w the packed filter
   * @param out where the sums go
   * @param outAt byte position of the first sum
   * @param outputs how many of them
   * @param before columns that complete no output: at most two
   * @param behind outputs that are still open after the last column: at most two
   * @param pixel bytes from pixel to pixel of input and result, and from tap to tap
   * @param start bytes from a pixel's begin to the first vector
   * @param vectors how many vectors of each pixel
   */
  static void single(
      MemorySegment x,
      long above,
      long middle,
      long below,
      int inside,
      int columns,
      MemorySegment w,
      MemorySegment out,
      long outAt,
      int outputs,
      int before,
      int behind,
      long pixel,
      long start,
      int vectors) {
    x = NATIVE.cast(x);
    w = NATIVE.cast(w);
    out = NATIVE.cast(out);
    VectorMask<Float> m0 = VectorMask.fromLong(SPECIES, -(inside & 1L));
    VectorMask<Float> m1 = VectorMask.fromLong(SPECIES, -(inside >> 1 & 1L));
    VectorMask<Float> m2 = VectorMask.fromLong(SPECIES, -(inside >> 2 & 1L));
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int v = 0; v < vectors; v++) {
      long at = start + v * VECTOR;
      FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, at, ORDER);
      FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, at + pixel, ORDER);
      FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, at + 2 * pixel, ORDER);
      FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, at + 3 * pixel, ORDER);
      FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, at + 4 * pixel, ORDER);
      FloatVector w5 = FloatVector.fromMemorySegment(SPECIES, w, at + 5 * pixel, ORDER);
      FloatVector w6 = FloatVector.fromMemorySegment(SPECIES, w, at + 6 * pixel, ORDER);
      FloatVector w7 = FloatVector.fromMemorySegment(SPECIES, w, at + 7 * pixel, ORDER);
      FloatVector w8 = FloatVector.fromMemorySegment(SPECIES, w, at + 8 * pixel, ORDER);
      FloatVector begun = FloatVector.zero(SPECIES);
      FloatVector grown = FloatVector.zero(SPECIES);
      long first = outAt + at;
      for (int i = 0; i < columns; i++) {
        long p = at + i * pixel;
        FloatVector a = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, above + p, ORDER), m0);
        FloatVector b =
            zero.blend(FloatVector.fromMemorySegment(SPECIES, x, middle + p, ORDER), m1);
        FloatVector c = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, below + p, ORDER), m2);
        long to = first + Math.max(0, i - before) * pixel;
        c.fma(w8, b.fma(w5, a.fma(w2, grown))).intoMemorySegment(out, to, ORDER);
        grown = c.fma(w7, b.fma(w4, a.fma(w1, begun)));
        begun = c.fma(w6, b.fma(w3, a.fma(w0, zero)));
      }
      if (behind > 0) {
        grown.intoMemorySegment(out, first + (outputs - behind) * pixel, ORDER);
      }
      if (behind > 1) {
        begun.intoMemorySegment(out, first + (outputs - 1) * pixel, ORDER);
      }
    }
  }

  /**
   * With stride 2, in pairs of columns: the middle one of an output, and the one it shares with the
   * next output.
   *
   * @param firstColumn the first pair's first column; may be -1
   * @param columns columns of the input: the last pair's second column may lie behind it
   * @param pairs pairs of columns
   * @param before pairs that complete no output: at most one
   */
  static void pairs(
      MemorySegment x,
      long above,
      long middle,
      long below,
      int inside,
      int firstColumn,
      int columns,
      int pairs,
      MemorySegment w,
      MemorySegment out,
      long outAt,
      int before,
      long pixel,
      long start,
      int vectors) {
    x = NATIVE.cast(x);
    w = NATIVE.cast(w);
    out = NATIVE.cast(out);
    long in0 = -(inside & 1L);
    long in1 = -(inside >> 1 & 1L);
    long in2 = -(inside >> 2 & 1L);
    VectorMask<Float> m0 = VectorMask.fromLong(SPECIES, in0);
    VectorMask<Float> m1 = VectorMask.fromLong(SPECIES, in1);
    VectorMask<Float> m2 = VectorMask.fromLong(SPECIES, in2);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int v = 0; v < vectors; v++) {
      long at = start + v * VECTOR;
      FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, w, at, ORDER);
      FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, w, at + pixel, ORDER);
      FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, w, at + 2 * pixel, ORDER);
      FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, w, at + 3 * pixel, ORDER);
      FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, w, at + 4 * pixel, ORDER);
      FloatVector w5 = FloatVector.fromMemorySegment(SPECIES, w, at + 5 * pixel, ORDER);
      FloatVector w6 = FloatVector.fromMemorySegment(SPECIES, w, at + 6 * pixel, ORDER);
      FloatVector w7 = FloatVector.fromMemorySegment(SPECIES, w, at + 7 * pixel, ORDER);
      FloatVector w8 = FloatVector.fromMemorySegment(SPECIES, w, at + 8 * pixel, ORDER);
      FloatVector begun = FloatVector.zero(SPECIES);
      for (int i = 0; i < pairs; i++) {
        long column = firstColumn + 2L * i;
        long p = at + Math.max(0, column) * pixel;
        FloatVector a = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, above + p, ORDER), m0);
        FloatVector b =
            zero.blend(FloatVector.fromMemorySegment(SPECIES, x, middle + p, ORDER), m1);
        FloatVector c = zero.blend(FloatVector.fromMemorySegment(SPECIES, x, below + p, ORDER), m2);
        FloatVector sum = c.fma(w7, b.fma(w4, a.fma(w1, begun)));
        p = at + Math.min(column + 1, columns - 1) * pixel;
        long shared = column + 1 < columns ? -1L : 0;
        a =
            zero.blend(
                FloatVector.fromMemorySegment(SPECIES, x, above + p, ORDER),
                VectorMask.fromLong(SPECIES, in0 & shared));
        b =
            zero.blend(
                FloatVector.fromMemorySegment(SPECIES, x, middle + p, ORDER),
                VectorMask.fromLong(SPECIES, in1 & shared));
        c =
            zero.blend(
                FloatVector.fromMemorySegment(SPECIES, x, below + p, ORDER),
                VectorMask.fromLong(SPECIES, in2 & shared));
        c.fma(w8, b.fma(w5, a.fma(w2, sum)))
            .intoMemorySegment(out, outAt + at + Math.max(0, i - before) * pixel, ORDER);
        begun = c.fma(w6, b.fma(w3, a.fma(w0, zero)));
      }
    }
  }
}
