package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels first: the matrix of im2col for a block of points, a row for each channel and tap, a
 * column for each point.
 */
final class ColumnMatrix {

  private static final int LINE = 16;

  /** Rows a multiple of this many elements apart share few sets of the cache. */
  private static final int BAD_PITCH = 256;

  private final Strides source;
  private final Grid grid;
  private final Moves moves;
  private final int pitch;

  /**
   * @param points columns at most
   */
  ColumnMatrix(GemmView view, Grid grid, int points, Moves moves) {
    this.source = view.source();
    this.grid = grid;
    this.moves = moves;
    // A line more: tiles are read in groups of more points than they have.
    int lines = Math.ceilDiv(points, LINE) * LINE + LINE;
    this.pitch = lines % BAD_PITCH == 0 ? lines + LINE : lines;
  }

  /** Returns the elements between rows. */
  int pitch() {
    return pitch;
  }

  /**
   * Fills some rows.
   *
   * @param from the source
   * @param block the points
   * @param channel the channel of row 0
   * @param firstRow the first row
   * @param endRow the end
   * @param to scratch
   * @param at where the first of these rows goes
   */
  void fill(
      MemorySegment from,
      PointBlock block,
      long channel,
      int firstRow,
      int endRow,
      MemorySegment to,
      long at) {
    int taps = grid.taps();
    int heights = grid.h().taps().size();
    int widths = grid.w().taps().size();
    for (int row = firstRow; row < endRow; row++) {
      int tap = row % taps;
      long z =
          grid.d()
              .resolve(
                  block.slice() * grid.d().step()
                      + grid.d().offsets().get(tap / (heights * widths)));
      long target = at + (long) (row - firstRow) * pitch * Float.BYTES;
      if (z < 0) {
        moves.zero(to, target, block.count());
      } else {
        long plane = source.at(block.n(), channel + row / taps, z, 0, 0);
        long h = grid.h().offsets().get(tap / widths % heights);
        plane(from, plane, h, grid.w().offsets().get(tap % widths), block, to, target);
      }
    }
  }

  private void plane(
      MemorySegment from, long plane, long h, long w, PointBlock block, MemorySegment to, long at) {
    long width = grid.w().count();
    long y = block.first() / width;
    long x = block.first() % width;
    int done = 0;
    while (done < block.count()) {
      int run = (int) Math.min(width - x, block.count() - done);
      long target = at + (long) done * Float.BYTES;
      long line = grid.h().resolve(y * grid.h().step() + h);
      if (line < 0) {
        moves.zero(to, target, run);
      } else {
        long position = x * grid.w().step() + w;
        long first = plane + line * source.h();
        Line.copy(grid.w(), moves, from, first, source.w(), position, run, to, target);
      }
      done += run;
      y++;
      x = 0;
    }
  }
}
