package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import java.lang.foreign.MemorySegment;

/** Channels last: a point's columns are neighbours in the result too. */
final class RowStore implements ResultStore {

  private final GemmView view;
  private final Strides result;
  private final Grid grid;
  private final TileEpilogue epilogue;
  private final boolean takesTiles;

  RowStore(GemmView view, Grid grid, TileEpilogue epilogue) {
    this.view = view;
    this.result = view.result();
    this.grid = grid;
    this.epilogue = epilogue;
    this.takesTiles = grid.isDense() && epilogue.isNone();
  }

  @Override
  public long scratchBytes() {
    return 0;
  }

  @Override
  public boolean takesTiles() {
    return takesTiles;
  }

  @Override
  public boolean takesRows(int columns) {
    return grid.isDense() && epilogue.finishesStrips(columns);
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
    return result.w() * grid.w().resultStep() * Float.BYTES;
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
    int point = Math.max(from, sums.stored());
    while (point < to) {
      long rest = grid.w().count() - (block.first() + point) % grid.w().count();
      int run = grid.isDense() ? to : (int) Math.min(to, point + rest);
      long here = sums.at() + point * sums.pitch();
      finish(sums, here, epilogue, point, run);
      point = run;
    }
  }

  private void finish(Sums sums, long from, TileEpilogue.Bound epilogue, int point, int end) {
    epilogue.byColumn(
        sums.memory(),
        from,
        sums.pitch(),
        at(sums.block(), point, sums.column()),
        pointStride(),
        end - point,
        sums.columns(),
        sums.block().group() * view.columns() + sums.column());
  }
}
