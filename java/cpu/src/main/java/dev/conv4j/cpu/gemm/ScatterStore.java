package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Channels first, and the points of the grid are not neighbours in the result: panels are finished
 * in scratch and spread from there.
 */
final class ScatterStore implements ResultStore {

  private final GemmView view;
  private final Strides result;
  private final Grid grid;
  private final Moves moves;
  private final long panelBytes;

  ScatterStore(GemmView view, Grid grid, int points, Kernels kernels) {
    this.view = view;
    this.result = view.result();
    this.grid = grid;
    this.moves = kernels.moves();
    this.panelBytes = (long) points * kernels.columns() * Float.BYTES;
  }

  @Override
  public long scratchBytes() {
    return 2 * panelBytes;
  }

  @Override
  public boolean takesTiles() {
    return false;
  }

  @Override
  public long at(PointBlock block, long point, long column) {
    long index = block.first() + point;
    long y = index / grid.w().count();
    long x = index % grid.w().count();
    return result.at(
            block.n(),
            block.group() * view.columns() + column,
            grid.d().resultStart() + block.slice() * grid.d().resultStep(),
            grid.h().resultStart() + y * grid.h().resultStep(),
            grid.w().resultStart() + x * grid.w().resultStep())
        * Float.BYTES;
  }

  @Override
  public long pointStride() {
    return grid.w().resultStep() * Float.BYTES;
  }

  @Override
  public void store(
      Sums sums,
      int from,
      int to,
      TileEpilogue.Bound epilogue,
      MemorySegment scratch,
      long scratchAt) {
    PointBlock block = sums.block();
    long pitch = (long) block.count() * Float.BYTES;
    MemorySegment finished = scratch.asSlice(scratchAt, panelBytes);
    moves
        .transposeOf(true)
        .transpose(
            sums.memory(),
            sums.at(),
            sums.pitch(),
            finished,
            0,
            pitch,
            block.count(),
            sums.columns());
    MemorySegment residual = epilogue.residual();
    MemorySegment gathered = null;
    if (residual != null) {
      gathered = scratch.asSlice(scratchAt + panelBytes, panelBytes);
      move(sums, residual, gathered, null);
    }
    epilogue
        .over(gathered, finished)
        .byRow(
            finished,
            0,
            pitch,
            0,
            pitch,
            sums.columns(),
            block.count(),
            block.group() * view.columns() + sums.column(),
            1);
    move(sums, finished, finished, epilogue.result());
  }

  /** Spreads a panel over {@code spread}, or gathers one from {@code from} where that is null. */
  private void move(
      Sums sums, MemorySegment from, MemorySegment panel, @Nullable MemorySegment spread) {
    PointBlock block = sums.block();
    long step = grid.w().resultStep();
    long plane = result.channel() * Float.BYTES;
    long line = (long) block.count() * Float.BYTES;
    int point = 0;
    while (point < block.count()) {
      long rest = grid.w().count() - (block.first() + point) % grid.w().count();
      int run = (int) Math.min(block.count() - point, rest);
      long there = at(block, point, sums.column());
      long here = (long) point * Float.BYTES;
      for (int column = 0; column < sums.columns(); column++) {
        if (spread == null) {
          moves.copy(from, there + column * plane, step, panel, here + column * line, run);
        } else {
          moves.spread(panel, here + column * line, spread, there + column * plane, step, run);
        }
      }
      point += run;
    }
  }
}
