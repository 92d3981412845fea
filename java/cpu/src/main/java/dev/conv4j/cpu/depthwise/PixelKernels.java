package dev.conv4j.cpu.depthwise;

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

  /**
   * Four neighbouring outputs whose taps all lie inside the input's columns.
   *
   * @param x the input
   * @param xAt byte position of the first output's window: its tap (0, 0), possibly outside
   * @param xStep bytes from an output's window to the next one's
   * @param offsets byte offset of each tap within a window
   * @param from first tap to take
   * @param to one more than the last tap
   * @param w the packed filter, a row of channels for each tap
   * @param wAt byte position of tap 0
   * @param out where the sums go
   * @param outAt byte position of the first output
   * @param channels number of channels, at least a vector's lanes
   */
  static void pixels4(
      MemorySegment x,
      long xAt,
      long xStep,
      long[] offsets,
      int from,
      int to,
      MemorySegment w,
      long wAt,
      MemorySegment out,
      long outAt,
      int channels) {
    long row = (long) channels * Float.BYTES;
    for (int c = 0; c < channels; c += LANES) {
      long start = 4L * Math.min(c, channels - LANES);
      FloatVector c0 = FloatVector.zero(SPECIES);
      FloatVector c1 = c0;
      FloatVector c2 = c0;
      FloatVector c3 = c0;
      for (int i = from; i < to; i++) {
        FloatVector tap = FloatVector.fromMemorySegment(SPECIES, w, wAt + i * row + start, ORDER);
        long at = xAt + start + offsets[i];
        c0 = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER).fma(tap, c0);
        c1 = FloatVector.fromMemorySegment(SPECIES, x, at + xStep, ORDER).fma(tap, c1);
        c2 = FloatVector.fromMemorySegment(SPECIES, x, at + 2 * xStep, ORDER).fma(tap, c2);
        c3 = FloatVector.fromMemorySegment(SPECIES, x, at + 3 * xStep, ORDER).fma(tap, c3);
      }
      long at = outAt + start;
      c0.intoMemorySegment(out, at, ORDER);
      c1.intoMemorySegment(out, at + row, ORDER);
      c2.intoMemorySegment(out, at + 2 * row, ORDER);
      c3.intoMemorySegment(out, at + 3 * row, ORDER);
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
