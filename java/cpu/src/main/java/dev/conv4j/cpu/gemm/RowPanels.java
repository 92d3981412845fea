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
    long y = block.first() / width;
    long x = block.first() % width;
    for (int point = 0; point < block.count(); point++) {
      long to = at + (long) point * pitch * Float.BYTES;
      for (long d : grid.d().offsets()) {
        long z = grid.d().resolve(block.slice() * grid.d().step() + d);
        for (long h : grid.h().offsets()) {
          long line = grid.h().resolve(y * grid.h().step() + h);
          if (z < 0 || line < 0) {
            moves.zero(scratch, to, channels * grid.w().taps().size());
          } else {
            row(from, source.at(block.n(), channel, z, line, 0), x, channels, scratch, to);
          }
          to += (long) channels * grid.w().taps().size() * Float.BYTES;
        }
      }
      if (++x == width) {
        x = 0;
        y++;
      }
    }
  }

  /** Copies a row of taps. */
  private void row(MemorySegment from, long line, long x, int channels, MemorySegment to, long at) {
    GridAxis w = grid.w();
    long start = x * w.step();
    int taps = w.taps().size();
    if (tapsAreNeighbours
        && start + w.offsets().get(0) >= 0
        && start + w.offsets().get(taps - 1) < w.extent()) {
      long first = line + (start + w.offsets().get(0)) * source.w();
      moves.copy(from, first * Float.BYTES, 1, to, at, channels * taps);
      return;
    }
    for (int s = 0; s < taps; s++) {
      long position = w.resolve(start + w.offsets().get(s));
      long target = at + (long) s * channels * Float.BYTES;
      if (position < 0) {
        moves.zero(to, target, channels);
      } else {
        moves.copy(from, (line + position * source.w()) * Float.BYTES, 1, to, target, channels);
      }
    }
  }

  @Override
  public MemorySegment memory(
      MemorySegment from, PointBlock block, int tile, MemorySegment scratch) {
    return scratch;
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
