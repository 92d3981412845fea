package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;

/**
 * The vector loops of one kind of pooling, between the input, rows of floats in scratch, and the
 * result. Loops work in whole vectors: the last one of a row goes back to overlap the one before;
 * where a row is shorter than a vector, what is left behind it is overwritten by the next one.
 */
interface PoolingLoops {

  /** Most taps that are joined in one go; more are joined by {@link #along} first. */
  int TAPS = 3;

  /** Floats that loops may touch behind the last row in scratch. */
  int SLACK = 3 * Lanes.COUNT;

  /** Returns the value that changes nothing. */
  float neutral();

  /**
   * Joins rows of the input, element by element. Behind each result, as far as a vector reaches,
   * scratch is neutral.
   *
   * @param at byte position that the rows' offsets count from, for the first result
   * @param step bytes from there to that of the next result
   * @param taps byte offsets of the rows to be joined, ascending
   * @param count how many of them: at least one
   * @param length elements of a row
   * @param to scratch
   * @param out where the first result goes
   * @param pitch from result to result
   * @param results how many
   */
  default void down(
      MemorySegment x,
      long at,
      long step,
      long[] taps,
      int count,
      int length,
      float[] to,
      int out,
      int pitch,
      int results) {
    if (count > TAPS && length < Lanes.COUNT && results > 1) {
      for (int r = 0; r < results; r++) {
        down(x, at + r * step, step, taps, count, length, to, out + r * pitch, pitch, 1);
      }
      return;
    }
    long second = at + taps[Math.min(1, count - 1)];
    long third = at + taps[Math.min(2, count - 1)];
    joinFirst(x, at + taps[0], second, third, count, step, length, to, out, pitch, results);
    for (int k = TAPS; k < count; k++) {
      joinNext(x, at + taps[k], step, length, to, out, pitch, results);
    }
  }

  /**
   * Joins the first rows, up to {@link #TAPS}; of fewer the last stands in for those that lack.
   *
   * @param a byte position of the first row of the first result
   * @param b that of the second
   * @param c that of the third
   * @param count how many rows there are
   */
  void joinFirst(
      MemorySegment x,
      long a,
      long b,
      long c,
      int count,
      long step,
      int length,
      float[] to,
      int out,
      int pitch,
      int results);

  /**
   * Joins one more row with what is in scratch.
   *
   * @param a its byte position for the first result
   */
  void joinNext(
      MemorySegment x, long a, long step, int length, float[] to, int out, int pitch, int results);

  /** Joins a stretch of scratch with itself, shifted from tap to tap. */
  void along(float[] from, int shift, int taps, float[] to, int length);

  /**
   * Joins the taps of each window in rows of single elements: up to {@link #TAPS} with stride 1,
   * two or three neighbours with stride 2.
   */
  void line(float[] from, int shift, int taps, Target target);

  /** Joins up to {@link #TAPS} taps of each window in rows of pixels. */
  void pixels(float[] from, int shift, int taps, Target target);

  /**
   * Where windows are and what they become.
   *
   * @param pitch floats from row to row of scratch
   * @param stride floats from window to window
   * @param width windows in a row
   * @param rows how many
   * @param channels of a pixel
   * @param columns shares of an average by column, with slack behind them
   * @param column the first window's
   * @param shares the same by row
   * @param share the first row's
   * @param y the result
   * @param at byte position of the first window's
   * @param pixel bytes from window to window of the result
   * @param row bytes from row to row of the result
   * @param end byte position of what somebody else writes
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Target(
      int pitch,
      int stride,
      int width,
      int rows,
      int channels,
      float[] columns,
      int column,
      float[] shares,
      int share,
      MemorySegment y,
      long at,
      long pixel,
      long row,
      long end) {

    /** Returns how many rows of single elements can be written in whole vectors. */
    int writable() {
      if (width >= Lanes.COUNT) {
        return rows;
      }
      long room = end - at - (long) Lanes.COUNT * Float.BYTES;
      return room < 0 ? 0 : (int) Math.min(rows, room / row + 1);
    }
  }

  /**
   * Returns how many rows can be read in whole vectors.
   *
   * @param last byte position of the first result's last row
   */
  static int readable(MemorySegment x, long last, long step, int length, int results) {
    if (length >= Lanes.COUNT) {
      return results;
    }
    long room = x.byteSize() - last - (long) Lanes.COUNT * Float.BYTES;
    if (room < 0) {
      return 0;
    }
    return step == 0 ? results : (int) Math.min(results, room / step + 1);
  }
}
