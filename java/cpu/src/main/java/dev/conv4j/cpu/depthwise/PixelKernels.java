package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sums of pixels of NHWC: vectors along the channels. Sums start from zero and take the taps in
 * the filter's order, in every kernel, so that all of them give the same bits. A last vector that
 * would reach beyond the channels is moved back and computes some of them again; fewer channels
 * than a vector has lanes go one by one.
 */
final class PixelKernels {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PixelKernels() {}

  /** Neighbouring outputs that {@link #pixels} computes at once: it divides most networks' rows. */
  static final int PIXELS = 7;

  /**
   * Seven neighbouring outputs at a time, all of whose taps lie in memory: eight loads for seven
   * products.
   *
   * @param x the input
   * @param xAt byte position of the first output's window: its tap (0, 0), possibly outside
   * @param xStep bytes from an output's window to the next one's
   * @param offsets byte offset of each tap within a window
   * @param from first tap to take
   * @param to one more than the last tap
   * @param w the packed filter
   * @param wAt byte position of tap 0
   * @param wStep bytes from tap to tap
   * @param out where the sums go
   * @param outAt byte position of the first output
   * @param outStep bytes from an output to the next
   * @param count how often, each time further on by:
   * @param xMore bytes in the input
   * @param wMore bytes in the filter
   * @param outMore bytes in the result
   */
  static void pixels(
      MemorySegment x,
      long xAt,
      long xStep,
      long[] offsets,
      int from,
      int to,
      MemorySegment w,
      long wAt,
      long wStep,
      MemorySegment out,
      long outAt,
      long outStep,
      int count,
      long xMore,
      long wMore,
      long outMore) {
    x = NATIVE.cast(x);
    w = NATIVE.cast(w);
    out = NATIVE.cast(out);
    for (int j = 0; j < count; j++) {
      FloatVector c0 = FloatVector.zero(SPECIES);
      FloatVector c1 = FloatVector.zero(SPECIES);
      FloatVector c2 = FloatVector.zero(SPECIES);
      FloatVector c3 = FloatVector.zero(SPECIES);
      FloatVector c4 = FloatVector.zero(SPECIES);
      FloatVector c5 = FloatVector.zero(SPECIES);
      FloatVector c6 = FloatVector.zero(SPECIES);
      long wFrom = wAt + j * wMore;
      long xFrom = xAt + j * xMore;
      for (int i = from; i < to; i++) {
        FloatVector tap = FloatVector.fromMemorySegment(SPECIES, w, wFrom + i * wStep, ORDER);
        long at = xFrom + offsets[i];
        c0 = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER).fma(tap, c0);
        c1 = FloatVector.fromMemorySegment(SPECIES, x, at + xStep, ORDER).fma(tap, c1);
        c2 = FloatVector.fromMemorySegment(SPECIES, x, at + 2 * xStep, ORDER).fma(tap, c2);
        c3 = FloatVector.fromMemorySegment(SPECIES, x, at + 3 * xStep, ORDER).fma(tap, c3);
        c4 = FloatVector.fromMemorySegment(SPECIES, x, at + 4 * xStep, ORDER).fma(tap, c4);
        c5 = FloatVector.fromMemorySegment(SPECIES, x, at + 5 * xStep, ORDER).fma(tap, c5);
        c6 = FloatVector.fromMemorySegment(SPECIES, x, at + 6 * xStep, ORDER).fma(tap, c6);
      }
      long at = outAt + j * outMore;
      c0.intoMemorySegment(out, at, ORDER);
      c1.intoMemorySegment(out, at + outStep, ORDER);
      c2.intoMemorySegment(out, at + 2 * outStep, ORDER);
      c3.intoMemorySegment(out, at + 3 * outStep, ORDER);
      c4.intoMemorySegment(out, at + 4 * outStep, ORDER);
      c5.intoMemorySegment(out, at + 5 * outStep, ORDER);
      c6.intoMemorySegment(out, at + 6 * outStep, ORDER);
    }
  }

  /**
   * One output, with the taps of a rectangle of the filter.
   *
   * @param taps taps in a row of the filter
   * @param rFrom first row of taps to take
   * @param rTo one more than the last row
   * @param sFrom first tap of each row to take
   * @param sTo one more than the last tap of each row
   */
  static void pixel1(
      MemorySegment x,
      long xAt,
      long[] offsets,
      int taps,
      int rFrom,
      int rTo,
      int sFrom,
      int sTo,
      MemorySegment w,
      long wAt,
      MemorySegment out,
      long outAt,
      int channels) {
    x = NATIVE.cast(x);
    w = NATIVE.cast(w);
    out = NATIVE.cast(out);
    long row = (long) channels * Float.BYTES;
    for (int c = 0; c < channels; c += LANES) {
      long start = 4L * Math.min(c, channels - LANES);
      FloatVector sum = FloatVector.zero(SPECIES);
      for (int r = rFrom; r < rTo; r++) {
        for (int i = r * taps + sFrom; i < r * taps + sTo; i++) {
          FloatVector tap = FloatVector.fromMemorySegment(SPECIES, w, wAt + i * row + start, ORDER);
          sum =
              FloatVector.fromMemorySegment(SPECIES, x, xAt + start + offsets[i], ORDER)
                  .fma(tap, sum);
        }
      }
      sum.intoMemorySegment(out, outAt + start, ORDER);
    }
  }

  /** As {@link #pixel1}, for fewer channels than lanes. */
  static void pixel1Narrow(
      MemorySegment x,
      long xAt,
      long[] offsets,
      int taps,
      int rFrom,
      int rTo,
      int sFrom,
      int sTo,
      MemorySegment w,
      long wAt,
      MemorySegment out,
      long outAt,
      int channels) {
    long row = (long) channels * Float.BYTES;
    for (long c = 0; c < row; c += Float.BYTES) {
      float sum = 0;
      for (int r = rFrom; r < rTo; r++) {
        for (int i = r * taps + sFrom; i < r * taps + sTo; i++) {
          float tap = w.get(JAVA_FLOAT_UNALIGNED, wAt + i * row + c);
          sum = Math.fma(x.get(JAVA_FLOAT_UNALIGNED, xAt + c + offsets[i]), tap, sum);
        }
      }
      out.set(JAVA_FLOAT_UNALIGNED, outAt + c, sum);
    }
  }
}
