package dev.conv4j.cpu.depthwise;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.vector.Lanes;

/**
 * How planes are cut into bands and strips where {@link PlaneStrips} reads and writes them in
 * place.
 *
 * @param height the axis down a plane
 * @param width the axis along a row
 * @param channels whole planes of a work item; 1 where planes are cut into bands
 * @param bandRows output rows of a work item
 */
record StripTiling(Axis height, Axis width, int channels, int bandRows) {

  private static final int LANES = Lanes.COUNT;

  /** Bytes of input in a work item: with as many of the result half of the first-level cache. */
  private static final long MOST_BYTES = 16 << 10;

  /** Longer rows would make bands of a row each, and scratch for them large. */
  private static final long LONGEST_ROW = 4096;

  /** Returns whether strips can compute a problem. */
  static boolean takes(Convolution c) {
    Axis height = Axis.of(c, 1);
    Axis width = Axis.of(c, 2);
    return PixelSlides.takes(height)
        && c.stride().w() == height.stride()
        && c.output().product() >= LANES
        && c.filter().equals(new Axes(1, 3, 3))
        && c.dilation().h() == 1
        && c.dilation().w() == 1
        && width.padBegin() <= 2
        && width.input() <= LONGEST_ROW;
  }

  static StripTiling of(Convolution c) {
    Axis height = Axis.of(c, 1);
    long plane = c.input().product() * Float.BYTES;
    long channels = Math.clamp(MOST_BYTES / plane, 1, c.channels());
    long bands = Math.clamp(Math.ceilDiv(plane, MOST_BYTES), 1, height.output());
    int bandRows = Math.toIntExact(Math.ceilDiv(height.output(), bands));
    return new StripTiling(height, Axis.of(c, 2), (int) channels, bandRows);
  }

  boolean paired() {
    return height.stride() == 2;
  }

  /** Returns how many work items a plane is cut into. */
  long bands() {
    return Math.ceilDiv(height.output(), bandRows);
  }

  int strips() {
    return Math.toIntExact(Math.ceilDiv(width.output(), LANES));
  }

  /** Returns the first output of a strip: the last one is moved back to end with the row. */
  long column(int strip) {
    return Math.max(0, Math.min((long) strip * LANES, width.output() - LANES));
  }

  /** Returns whether a vector of outputs reaches behind its row. */
  boolean overflows() {
    return width.output() < LANES;
  }

  /** Returns the lanes of a strip that are outputs one of whose taps lies inside, as bits. */
  long inside(int strip, int tap) {
    long bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
      long q = column(strip) + lane;
      long at = width.position(q, tap);
      if (q < width.output() && at >= 0 && at < width.input()) {
        bits |= 1L << lane;
      }
    }
    return bits;
  }

  /** Returns the first pair of rows that outputs from a row on take. */
  long firstPair(long p) {
    return p == 0 && height.padBegin() == 1 ? 0 : p - 1;
  }

  /** Returns the first row of input that outputs from a row on read. */
  long firstRow(long p) {
    return Math.max(0, height.position(paired() ? firstPair(p) : p, paired() ? 1 : 0));
  }

  /** Returns one more than the last row of input that outputs up to {@code end} read. */
  long endRow(long end) {
    return Math.min(height.input(), height.position(end - 1, 2) + 1);
  }

  /** Returns the most rows of input a work item reads. */
  long mostRows() {
    return Math.min(height.input(), bandRows * height.stride() + 3);
  }

  /** Returns the elements from a row's first to the last one a vector of outputs reads. */
  long readBehind() {
    long first = width.position(column(strips() - 1), 0);
    return first + (paired() ? PlaneStrips.PAIRS_SPAN : PlaneStrips.SINGLE_SPAN);
  }
}
