package dev.conv4j.cpu.fft;

import dev.conv4j.Convolution;
import dev.conv4j.cpu.vector.Lanes;
import org.jspecify.annotations.Nullable;

/**
 * How planes are cut: overlap-save in two dimensions. A tile of {@code height·width} inputs gives
 * {@code (height - R + 1)·(width - S + 1)} outputs; the rest of its product is wrapped around and
 * dropped. A signal is an image of one row, and so are its tiles.
 *
 * @param height rows of a tile, a power of two
 * @param width columns of a tile, a power of two
 * @param rowsOut rows of outputs a tile gives
 * @param columnsOut columns of outputs a tile gives
 * @param tilesHigh tiles from top to bottom
 * @param tilesWide tiles from left to right
 */
record FftTiling(
    int height, int width, int rowsOut, int columnsOut, long tilesHigh, long tilesWide) {

  /** Bytes of the tiles that are transformed together: within a common third-level cache. */
  private static final long MOST_BYTES = 2 << 20;

  /** The same within the second level. */
  private static final long NEAR_BYTES = 512 << 10;

  /** What a stage takes longer beyond the second level. */
  private static final double FAR = 1.6;

  /** Cycles for an element of a tile: a stage of both transforms, and everything else. */
  private static final double STAGE = 6;

  private static final double REST = 45;

  /** Returns the tiling with the least predicted time, or null when filters are too large. */
  static @Nullable FftTiling of(Convolution c) {
    long most = MOST_BYTES / (2L * Lanes.F32.vectorByteSize());
    FftTiling best = null;
    boolean signal = c.input().h() == 1 && c.output().h() == 1;
    for (long height = 1; height <= (signal ? 1 : most); height *= 2) {
      for (long width = Lanes.COUNT; height * width <= most; width *= 2) {
        if (height < c.filter().h() || width < c.filter().w()) {
          continue;
        }
        FftTiling tiling = of(c, (int) height, (int) width);
        if (best == null || tiling.cycles() < best.cycles()) {
          best = tiling;
        }
      }
    }
    return best;
  }

  private static FftTiling of(Convolution c, int height, int width) {
    int rowsOut = (int) (height - c.filter().h() + 1);
    int columnsOut = (int) (width - c.filter().w() + 1);
    return new FftTiling(
        height,
        width,
        rowsOut,
        columnsOut,
        Math.ceilDiv(c.output().h(), rowsOut),
        Math.ceilDiv(c.output().w(), columnsOut));
  }

  /** Returns the tiles that are transformed together: two in each lane, as re and im. */
  static int together() {
    return 2 * Lanes.COUNT;
  }

  /** Returns the tiles of a plane. */
  long tiles() {
    return tilesHigh * tilesWide;
  }

  /** Returns the groups of tiles of a plane. */
  long groups() {
    return Math.ceilDiv(tiles(), together());
  }

  /** Returns the elements of a tile. */
  int elements() {
    return height * width;
  }

  /** Returns the predicted cycles for a plane and one filter. */
  double cycles() {
    double stages = Math.log(elements()) / Math.log(2);
    boolean near = elements() * 2L * Lanes.F32.vectorByteSize() <= NEAR_BYTES;
    return (double) groups() * elements() * (STAGE * (near ? 1 : FAR) * stages + REST);
  }
}
