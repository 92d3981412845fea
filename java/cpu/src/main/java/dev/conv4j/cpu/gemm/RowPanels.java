package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels last: a point's products are runs of channels, one run for each tap, or for a row of
 * taps where those are neighbours. Each point gets a row of scratch, and the microkernel reads its
 * rows side by side.
 */
final class RowPanels implements PixelPanels {

  private static final int LINE = 16;

  private final Strides source;
  private final Grid grid;
  private final Depth depth;
  private final long[] d;
  private final long[] h;
  private final long[] w;
  private final Moves moves;
  private final long width;
  private final int points;
  private final int tileRows;
  private final boolean tapsAreNeighbours;
  private final int pitch;

  RowPanels(GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    this.source = view.source();
    this.grid = grid;
    this.depth = depth;
    this.d = offsets(grid.d());
    this.h = offsets(grid.h());
    this.w = offsets(grid.w());
    this.moves = kernels.moves();
    this.width = grid.w().count();
    this.points = blocking.points();
    this.tileRows = kernels.rows();
    this.tapsAreNeighbours =
        grid.taps() > 0
            && areConsecutive(grid.w().offsets())
            && depth.segments() == 1
            && source.w() == depth.channels();
    // One line more, lest rows lie a power of two apart and share sets of the cache.
    this.pitch = Math.addExact(Math.ceilDiv(depth.mostDepth(), LINE) * LINE, LINE);
  }

  private static long[] offsets(GridAxis axis) {
    return axis.offsets().stream().mapToLong(Long::longValue).toArray();
  }

  private static boolean areConsecutive(java.util.List<Long> offsets) {
    for (int i = 1; i < offsets.size(); i++) {
      if (offsets.get(i) != offsets.get(0) + i) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long scratchBytes() {
    return (long) Math.ceilDiv(points, tileRows) * tileRows * pitch * Float.BYTES;
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    int channels = depth.channelsIn(segment);
    int line = channels * w.length;
    long y = block.first() / width;
    long x = block.first() % width;
    for (int point = 0; point < block.count(); point++) {
      long to = at + (long) point * pitch * Float.BYTES;
      for (long offsetD : d) {
        long z = grid.d().resolve(block.slice() * grid.d().step() + offsetD);
        for (long offsetH : h) {
          long row = grid.h().resolve(y * grid.h().step() + offsetH);
          if (z < 0 || row < 0) {
            moves.zero(scratch, to, line);
          } else {
            line(from, source.at(block.n(), channel, z, row, 0), x, channels, scratch, to);
          }
          to += (long) line * Float.BYTES;
        }
      }
      if (++x == width) {
        x = 0;
        y++;
      }
    }
  }

  /** Copies a row of taps. */
  private void line(
      MemorySegment from, long line, long x, int channels, MemorySegment to, long at) {
    GridAxis axis = grid.w();
    long start = x * axis.step();
    int taps = w.length;
    if (tapsAreNeighbours && start + w[0] >= 0 && start + w[taps - 1] < axis.extent()) {
      long first = line + (start + w[0]) * source.w();
      moves.copy(from, first * Float.BYTES, 1, to, at, channels * taps);
      return;
    }
    for (int s = 0; s < taps; s++) {
      long position = axis.resolve(start + w[s]);
      long target = at + (long) s * channels * Float.BYTES;
      if (position < 0) {
        moves.zero(to, target, channels);
      } else {
        moves.copy(from, (line + position * source.w()) * Float.BYTES, 1, to, target, channels);
      }
    }
  }

  @Override
  public long tileAt(PointBlock block, int tile, int segment, long at) {
    return at + (long) tile * tileRows * pitch * Float.BYTES;
  }

  @Override
  public boolean areRows() {
    return true;
  }

  @Override
  public long pointStride() {
    return (long) pitch * Float.BYTES;
  }
}
