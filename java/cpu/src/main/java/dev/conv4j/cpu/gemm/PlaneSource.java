package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Where planes are read: in the source itself where no tap leaves it and points are neighbours
 * there, else in a {@link Patch}.
 */
final class PlaneSource {

  /** The largest step of {@link Moves#gather} and {@link Moves#scatter}. */
  static final int MOST_STEP = 2;

  /** Bytes of a patch that leave room for what is made of it in the first-level cache. */
  private static final long PATCH = 24 << 10;

  private final Strides source;
  private final Grid grid;
  private final int taps;
  private final Moves moves;
  private final Patch patch;
  private final int pointStep;
  private final boolean inPlace;

  /**
   * @param mostStep how far apart neighbouring points may be read at most
   */
  PlaneSource(GemmView view, Grid grid, Blocking blocking, Moves moves, int mostStep) {
    this.source = view.source();
    this.grid = grid;
    this.taps = grid.taps();
    this.moves = moves;
    this.pointStep = grid.w().step() <= mostStep ? (int) grid.w().step() : 1;
    this.patch = new Patch(grid, blocking.rows(), blocking.columns(), pointStep, source, moves);
    this.inPlace =
        grid.w().step() == pointStep
            && source.w() == 1
            && grid.d().isInside()
            && grid.h().isInside()
            && grid.w().isInside()
            && (view.channels() + 1) * source.channel() * Float.BYTES < Integer.MAX_VALUE;
  }

  boolean inPlace() {
    return inPlace;
  }

  Patch patch() {
    return patch;
  }

  /** Returns the bytes of some channels' patch; 0 where there is none. */
  long patchBytes(int channels) {
    return inPlace ? 0 : (long) channels * patch.channelPitch() * Float.BYTES;
  }

  /** Returns how many channels of some to take at a time, that a patch stays in the first cache. */
  int together(int channels) {
    return inPlace ? channels : Math.clamp(PATCH / Math.max(1, patchBytes(1)), 1, channels);
  }

  /** Returns the elements between points of a row. */
  int pointStep() {
    return pointStep;
  }

  /** Returns the elements between rows of points. */
  long rowPitch() {
    return inPlace ? grid.h().step() * source.h() : patch.pitch();
  }

  /**
   * Returns for each product, channel by channel, the bytes from the block's first row and column.
   */
  int[] offsets(int channels) {
    int[] table = new int[Math.multiplyExact(channels, taps)];
    int at = 0;
    for (int c = 0; c < channels; c++) {
      for (int t = 0; t < grid.d().taps().size(); t++) {
        for (int r = 0; r < grid.h().taps().size(); r++) {
          for (int s = 0; s < grid.w().taps().size(); s++) {
            table[at++] = Math.toIntExact(element(c, t, r, s) * Float.BYTES);
          }
        }
      }
    }
    return table;
  }

  private long element(int c, int t, int r, int s) {
    return inPlace
        ? c * source.channel()
            + grid.d().offsets().get(t) * source.d()
            + grid.h().offsets().get(r) * source.h()
            + grid.w().offsets().get(s)
        : (long) c * patch.channelPitch() + patch.tapAt(t, r, s);
  }

  /** Returns the element of the source a block's first row and column begin at. */
  long firstInPlace(PointBlock block, long channel) {
    return source.at(
        block.n(),
        channel,
        block.slice() * grid.d().step(),
        block.row() * grid.h().step(),
        block.column() * pointStep);
  }

  /** Brings what a block reads in place into the caches, plane by plane. */
  void touch(
      MemorySegment from,
      long first,
      PointBlock block,
      int channels,
      MemorySegment scratch,
      long at) {
    long row = (block.columns() - 1L) * pointStep + 1;
    long planeBytes = source.channel() * Float.BYTES;
    long elements = (block.rows() - 1) * rowPitch() + row;
    // A grid without taps has blocks that lie beyond the planes: it reads nothing of them.
    long room = from.byteSize() - (channels - 1) * planeBytes - first * Float.BYTES;
    long bytes = Math.min(elements * Float.BYTES, room);
    if (bytes >= Float.BYTES) {
      moves.touch(from, first * Float.BYTES, bytes, planeBytes, channels, scratch, at);
    }
  }

  /** Fills some channels' patch. */
  void fill(
      MemorySegment from,
      long channel,
      int channels,
      long[] rows,
      PointBlock block,
      MemorySegment scratch,
      long at) {
    patch.fill(from, source.at(block.n(), channel, 0, 0, 0), rows, block, channels, scratch, at);
  }
}
