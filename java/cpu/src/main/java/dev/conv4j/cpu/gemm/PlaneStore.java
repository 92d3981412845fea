package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.Transpose;
import java.lang.foreign.MemorySegment;

/**
 * Channels first: a panel's columns are planes of the result, so sums are transposed on the way.
 */
final class PlaneStore implements ResultStore {

  private final GemmView view;
  private final Strides result;
  private final Grid grid;
  private final Moves moves;
  private final boolean apart;
  private final long scratchBytes;
  private final int columnsOfTile;

  PlaneStore(GemmView view, Grid grid, int points, Kernels kernels, TileEpilogue epilogue) {
    this.view = view;
    this.result = view.result();
    this.grid = grid;
    this.moves = kernels.moves();
    this.apart = epilogue.readsResult();
    this.columnsOfTile = kernels.columns();
    this.scratchBytes = apart ? (long) points * kernels.columns() * Float.BYTES : 0;
  }

  @Override
  public long scratchBytes() {
    return scratchBytes;
  }

  @Override
  public boolean takesTiles() {
    return false;
  }

  @Override
  public long at(PointBlock block, long point, long column) {
    long slice = grid.d().resultStart() + block.slice() * grid.d().resultStep();
    return (result.at(block.n(), block.group() * view.columns() + column, slice, 0, 0)
            + block.first()
            + point)
        * Float.BYTES;
  }

  @Override
  public long pointStride() {
    return Float.BYTES;
  }

  /**
   * Two vectors of points: while the next tiles are computed, the result's cold lines arrive, and
   * the sums are transposed out of the first-level cache.
   */
  @Override
  public int grain() {
    return columnsOfTile;
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
    int points = to - from;
    long resultAt = at(block, from, sums.column());
    long resultPitch = result.channel() * Float.BYTES;
    MemorySegment target = apart ? scratch : epilogue.result();
    long targetAt = apart ? scratchAt : resultAt;
    long pitch = apart ? (long) points * Float.BYTES : resultPitch;
    Transpose transpose = moves.transposeOf(apart || epilogue.isOwn());
    transpose.transpose(
        sums.memory(),
        sums.at() + from * sums.pitch(),
        sums.pitch(),
        target,
        targetAt,
        pitch,
        points,
        sums.columns());
    epilogue.byRow(
        target,
        targetAt,
        pitch,
        resultAt,
        resultPitch,
        sums.columns(),
        points,
        block.group() * view.columns() + sums.column(),
        1);
  }
}
