package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Channels first: the points of a tile are neighbours in each plane of a {@link Patch}, so a tile
 * is gathered with one vector for each product. Some channels at a time, so that the patch is read
 * from the first cache. Where no tap leaves the source and points are neighbours there too, tiles
 * are gathered from the source itself.
 */
final class PlanePanels extends GatheredTiles {

  private final Grid grid;
  private final Depth depth;
  private final Blocking blocking;
  private final int tileRows;
  private final Moves moves;
  private final PlaneSource planes;
  private final int chunk;
  private final int[] offsets;
  private final int mostOffset;
  private final long tilesBytes;

  PlanePanels(GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    // A group more: gathering a tile that crosses rows writes beyond its end.
    super((depth.mostDepth() + 1L) * Moves.GROUP_BYTES);
    this.grid = grid;
    this.depth = depth;
    this.blocking = blocking;
    this.tileRows = kernels.rows();
    this.moves = kernels.moves();
    this.planes = new PlaneSource(view, grid, blocking, moves, PlaneSource.MOST_STEP);
    this.chunk = planes.together(depth.segmentChannels());
    this.offsets = planes.offsets(chunk);
    this.mostOffset = Arrays.stream(offsets).max().orElse(0);
    this.tilesBytes = Math.ceilDiv(blocking.points(), tileRows) * tileBytes();
  }

  @Override
  public long scratchBytes() {
    return tilesBytes + planes.patchBytes(chunk) + PlaneSource.MOST_STEP * Moves.GROUP_BYTES;
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    if (planes.inPlace()) {
      long first = planes.firstInPlace(block, channel);
      planes.touch(from, first, block, depth.channelsIn(segment), scratch, at);
      gather(from, first, block, depth.depth(segment), 0, scratch, at);
      return;
    }
    long[] rows = planes.patch().rows(block);
    long patchAt = at + tilesBytes;
    int channels = depth.channelsIn(segment);
    for (int c = 0; c < channels; c += chunk) {
      int some = Math.min(chunk, channels - c);
      planes.fill(from, channel + c, some, rows, block, scratch, patchAt);
      long first = patchAt / Float.BYTES;
      gather(scratch, first, block, some * depth.taps(), c * depth.taps(), scratch, at);
    }
  }

  /** Gathers some products of all tiles of a block. */
  private void gather(
      MemorySegment from,
      long first,
      PointBlock block,
      int products,
      int before,
      MemorySegment to,
      long at) {
    long rowPitch = planes.rowPitch();
    long width = blocking.columns();
    int step = planes.pointStep();
    long column = block.first() % grid.w().count() - block.column();
    long row = 0;
    for (int point = 0; point < block.count(); point += tileRows) {
      long base = (first + row * rowPitch + column * step) * Float.BYTES;
      long target = at + (point / tileRows) * tileBytes() + before * Moves.GROUP_BYTES;
      long split = width - column;
      long next = base + (rowPitch - column * step) * Float.BYTES;
      long last = Math.max(base, split < tileRows ? next : 0) + mostOffset;
      if (split + width < tileRows || last + step * Moves.GROUP_BYTES > from.byteSize()) {
        gatherLanes(from, first, row, column, block, point, products, to, target);
      } else if (split < tileRows) {
        moves.gatherSplit(from, base, next, (int) split, step, offsets, products, to, target);
      } else {
        moves.gather(from, base, step, offsets, products, to, target);
      }
      column += tileRows;
      row += column / width;
      column %= width;
    }
  }

  /** One point at a time: rows shorter than a tile, and the end of the source. */
  private void gatherLanes(
      MemorySegment from,
      long first,
      long row,
      long column,
      PointBlock block,
      int point,
      int products,
      MemorySegment to,
      long target) {
    int lanes = Math.min(tileRows, block.count() - point);
    long width = blocking.columns();
    for (int lane = 0; lane < lanes; lane++) {
      long y = row + (column + lane) / width;
      long x = (column + lane) % width;
      long base = (first + y * planes.rowPitch() + x * planes.pointStep()) * Float.BYTES;
      moves.gatherLane(from, base, offsets, products, to, target + (long) lane * Float.BYTES);
    }
  }
}
