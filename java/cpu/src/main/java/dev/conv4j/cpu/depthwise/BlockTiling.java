package dev.conv4j.cpu.depthwise;

import dev.conv4j.Axes;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.vector.Lanes;

/**
 * How planes of NCHW are turned into blocks of channels: as many planes as a vector has lanes,
 * their pixels side by side, rows padded on both sides. Rows above and below are not there, since
 * taps that would read them are left out.
 *
 * @param pitch pixels from row to row of the input's tile
 * @param bandRows output rows whose input lies in a tile at a time
 * @param tilePixels pixels of a tile, with what the kernel reads behind the last row
 * @param chunkRows output rows at least that are computed and written at a time
 */
record BlockTiling(int pitch, int bandRows, int tilePixels, int chunkRows) {

  private static final int LANES = Lanes.COUNT;

  /** Bytes of a tile at most: a quarter of a common second-level cache. */
  private static final long MOST_BYTES = 256 << 10;

  /** Outputs in a chunk: with them the first-level cache holds its input, sums and filter. */
  private static final long CHUNK = 96;

  /** Outputs of a plane up to which rows are too short for vectors along them. */
  private static final long SMALL = 64;

  /** The same where many taps pay for turning planes. */
  private static final long SMALL_FOR_MANY_TAPS = 256;

  private static final long MANY_TAPS = 25;

  /** Returns whether this is the better way, as measured, where it is one at all. */
  static boolean suits(Convolution c) {
    long outputs = c.output().product();
    boolean manyTaps = c.filter().product() >= MANY_TAPS && c.stride().equals(Axes.ONES);
    return outputs <= (manyTaps ? SMALL_FOR_MANY_TAPS : SMALL) && takes(c);
  }

  /**
   * Returns whether planes are large enough to be turned by whole vectors, and tiles small enough.
   */
  static boolean takes(Convolution c) {
    return c.input().product() >= LANES
        && c.output().product() >= LANES
        && c.channels() >= LANES / 2
        && rowPixels(c) * PlaneTiling.reach(c, 1) * Lanes.F32.vectorByteSize() <= MOST_BYTES
        && c.padBegin().w() <= c.input().w()
        && (c.output().w() >= LANES || of(c).bandRows == c.output().h());
  }

  private static long rowPixels(Convolution c) {
    long read = (c.output().w() - 1) * c.stride().w() + PlaneTiling.reach(c, 2);
    return Math.max(c.padBegin().w() + c.input().w(), read);
  }

  static BlockTiling of(Convolution c) {
    int pitch = Math.toIntExact(rowPixels(c));
    long reach = PlaneTiling.reach(c, 1);
    long height = c.output().h();
    long fitting = MOST_BYTES / Lanes.F32.vectorByteSize() / pitch - reach;
    long most = Math.clamp(fitting / c.stride().h() + 1, 1, height);
    // All bands about as large: a short last one would cost as much loading as it saves.
    int bandRows = (int) Math.ceilDiv(height, Math.ceilDiv(height, most));
    long inputRows = Math.min(c.input().h(), (bandRows - 1) * c.stride().h() + reach);
    long behind = PixelKernels.PIXELS * c.stride().w() + PlaneTiling.reach(c, 2);
    int chunkRows = (int) Math.min(bandRows, Math.ceilDiv(CHUNK, c.output().w()));
    return new BlockTiling(pitch, bandRows, Math.toIntExact(inputRows * pitch + behind), chunkRows);
  }

  /** Returns the most rows of a chunk, where a band is not a multiple of what it should have. */
  long mostRows() {
    return Math.min(bandRows, 2L * chunkRows - 1);
  }

  /** Returns the byte offset of each tap of the filter from a window's first. */
  long[] offsets(Convolution c) {
    int wide = (int) c.filter().w();
    long[] offsets = new long[(int) c.filter().h() * wide];
    for (int i = 0; i < offsets.length; i++) {
      long pixels = i / wide * c.dilation().h() * pitch + i % wide * c.dilation().w();
      offsets[i] = pixels * Lanes.F32.vectorByteSize();
    }
    return offsets;
  }
}
