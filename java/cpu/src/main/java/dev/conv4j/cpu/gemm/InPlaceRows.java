package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels last and one tap: the source is the matrix already. Only a last tile of too few points
 * is copied, because the microkernel would read behind the source.
 */
final class InPlaceRows implements PixelPanels {

  private final Strides source;
  private final long first;
  private final Depth depth;
  private final Moves moves;
  private final int tileRows;

  InPlaceRows(GemmView view, Grid grid, Depth depth, Kernels kernels) {
    this.source = view.source();
    this.first =
        source.at(
            0,
            0,
            grid.d().offsets().getFirst(),
            grid.h().offsets().getFirst(),
            grid.w().offsets().getFirst());
    this.depth = depth;
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
  }

  /** Returns whether a grid's points and their products lie in the source like this. */
  static boolean fits(Grid grid) {
    return grid.taps() == 1
        && grid.d().count() == 1
        && grid.h().count() == 1
        && grid.w().step() == 1
        && grid.d().isInside()
        && grid.h().isInside()
        && grid.w().isInside();
  }

  private long element(PointBlock block, long point, int segment) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    return first + source.at(block.n(), channel, 0, 0, block.first() + point);
  }

  private boolean isWhole(PointBlock block, int tile) {
    return (tile + 1) * tileRows <= block.count();
  }

  @Override
  public long scratchBytes() {
    return tileRows * pointStride();
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    copy(from, block, block.count() / tileRows, segment, scratch, at);
  }

  @Override
  public boolean areInPlace() {
    return true;
  }

  @Override
  public void copy(
      MemorySegment from, PointBlock block, int tile, int segment, MemorySegment scratch, long at) {
    int first = tile * tileRows;
    for (int point = first; point < Math.min(first + tileRows, block.count()); point++) {
      moves.copy(
          from,
          element(block, point, segment) * Float.BYTES,
          1,
          scratch,
          at + (point - first) * pointStride(),
          depth.channelsIn(segment));
    }
  }

  @Override
  public MemorySegment memory(
      MemorySegment from, PointBlock block, int tile, MemorySegment scratch) {
    return isWhole(block, tile) ? from : scratch;
  }

  @Override
  public long tileAt(PointBlock block, int tile, int segment, long at) {
    return isWhole(block, tile)
        ? element(block, (long) tile * tileRows, segment) * Float.BYTES
        : at;
  }

  @Override
  public boolean areRows() {
    return true;
  }

  @Override
  public long pointStride() {
    return source.w() * Float.BYTES;
  }
}
