package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Channels first: tiles gathered from an explicit {@link ColumnMatrix}. */
final class MatrixPanels extends GatheredTiles {

  private final Depth depth;
  private final int tileRows;
  private final Moves moves;
  private final ColumnMatrix matrix;
  private final int[] offsets;
  private final long tilesBytes;

  MatrixPanels(GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    super(depth.mostDepth() * Moves.GROUP_BYTES);
    this.depth = depth;
    this.tileRows = kernels.rows();
    this.moves = kernels.moves();
    this.matrix = new ColumnMatrix(view, grid, blocking.points(), moves);
    this.offsets = new int[depth.mostDepth()];
    Arrays.setAll(offsets, row -> Math.multiplyExact(row, matrix.pitch() * Float.BYTES));
    this.tilesBytes = Math.ceilDiv(blocking.points(), tileRows) * tileBytes();
  }

  @Override
  public long scratchBytes() {
    return tilesBytes + (long) depth.mostDepth() * matrix.pitch() * Float.BYTES;
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    int products = depth.depth(segment);
    long matrixAt = at + tilesBytes;
    matrix.fill(from, block, channel, 0, products, scratch, matrixAt);
    for (int point = 0; point < block.count(); point += tileRows) {
      long base = matrixAt + (long) point * Float.BYTES;
      long tile = tileAt(block, point / tileRows, segment, at);
      moves.gather(scratch, base, 1, offsets, products, scratch, tile);
    }
  }
}
