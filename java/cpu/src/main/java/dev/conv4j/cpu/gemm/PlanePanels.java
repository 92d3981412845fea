package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels first: the points of a tile are neighbours in each plane of a {@link Patch}, so a tile is
 * gathered with one vector for each product. Some channels at a time, so that the patch is read
 * from the first cache. Where no tap leaves the source and points are neighbours there too, tiles
 * are gathered from the source itself.
 */
final class PlanePanels implements PixelPanels {

  /** Bytes of a patch that leave room for the tiles in the first-level cache. */
  private static final long PATCH = 24 << 10;

  private final Strides source;
  private final Grid grid;
  private final Depth depth;
  private final Blocking blocking;
  private final int tileRows;
  private final Moves moves;
  private final Patch patch;
  private final boolean direct;
  private final int chunk;
  private final int[] offsets;
  private final int mostOffset;
  private final long tileBytes;
  private final long tilesBytes;

  PlanePanels(GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    this.source = view.source();
    this.grid = grid;
    this.depth = depth;
    this.blocking = blocking;
    this.tileRows = kernels.rows();
    this.moves = kernels.moves();
    this.patch = new Patch(grid, blocking.rows(), blocking.columns(), source, moves);
    this.direct =
        grid.w().step() == 1
            && grid.d().isInside()
            && grid.h().isInside()
            && grid.w().isInside()
            && (depth.channels() + 1) * source.channel() * Float.BYTES < Integer.MAX_VALUE;
    long perChannel = (long) patch.channelPitch() * Float.BYTES;
    this.chunk =
        direct
            ? depth.segmentChannels()
            : (int) Math.clamp(PATCH / perChannel, 1, depth.segmentChannels());
    this.offsets = offsets();
    int most = 0;
    for (int offset : offsets) {
      most = Math.max(most, offset);
    }
    this.mostOffset = most;
    // A group more: gathering a tile that crosses rows writes beyond its end.
    this.tileBytes = (depth.mostDepth() + 1L) * Moves.GROUP_BYTES;
    this.tilesBytes = Math.ceilDiv(blocking.points(), tileRows) * tileBytes;
  }

  private int[] offsets() {
    int[] table = new int[Math.multiplyExact(chunk, depth.taps())];
    int at = 0;
    for (int c = 0; c < chunk; c++) {
      for (int t = 0; t < grid.d().taps().size(); t++) {
        for (int r = 0; r < grid.h().taps().size(); r++) {
          for (int s = 0; s < grid.w().taps().size(); s++) {
            long element =
                direct
                    ? c * source.channel()
                        + grid.d().offsets().get(t) * source.d()
                        + grid.h().offsets().get(r) * source.h()
                        + grid.w().offsets().get(s)
                    : (long) c * patch.channelPitch() + patch.tapAt(t, r, s);
            table[at++] = Math.toIntExact(element * Float.BYTES);
          }
        }
      }
    }
    return table;
  }

  @Override
  public long scratchBytes() {
    long patchBytes =
        direct ? 0 : (long) chunk * patch.channelPitch() * Float.BYTES + Moves.GROUP_BYTES;
    return tilesBytes + patchBytes;
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    if (direct) {
      long first =
          source.at(
              block.n(),
              channel,
              block.slice() * grid.d().step(),
              block.row() * grid.h().step(),
              block.column());
      long rowPitch = grid.h().step() * source.h();
      gather(from, first, rowPitch, block, depth.depth(segment), 0, scratch, at);
      return;
    }
    long[] rows = patch.rows(block);
    long patchAt = at + tilesBytes;
    int channels = depth.channelsIn(segment);
    for (int c = 0; c < channels; c += chunk) {
      int some = Math.min(chunk, channels - c);
      long first = source.at(block.n(), channel + c, 0, 0, 0);
      patch.fill(from, first, rows, block, some, scratch, patchAt);
      gather(
          scratch,
          patchAt / Float.BYTES,
          patch.pitch(),
          block,
          some * depth.taps(),
          c * depth.taps(),
          scratch,
          at);
    }
  }

  /** Gathers some products of all tiles of a block. */
  private void gather(
      MemorySegment from,
      long first,
      long rowPitch,
      PointBlock block,
      int products,
      int before,
      MemorySegment to,
      long at) {
    long width = blocking.columns();
    long column = block.first() % grid.w().count() - block.column();
    long row = 0;
    for (int point = 0; point < block.count(); point += tileRows) {
      long base = (first + row * rowPitch + column) * Float.BYTES;
      long target = at + (point / tileRows) * tileBytes + before * Moves.GROUP_BYTES;
      long split = width - column;
      long next = base + (rowPitch - column) * Float.BYTES;
      long last = Math.max(base, split < tileRows ? next : 0) + mostOffset;
      if (split + width < tileRows || last + Moves.GROUP_BYTES > from.byteSize()) {
        gatherLanes(from, first, rowPitch, row, column, block, point, products, to, target);
      } else if (split < tileRows) {
        moves.gatherSplit(from, base, next, (int) split, offsets, products, to, target);
      } else {
        moves.gather(from, base, offsets, products, to, target);
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
      long rowPitch,
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
      long base = (first + y * rowPitch + x) * Float.BYTES;
      moves.gatherLane(
          from, base, offsets, products, to, target + (long) lane * Float.BYTES);
    }
  }

  @Override
  public MemorySegment memory(
      MemorySegment from, PointBlock block, int tile, MemorySegment scratch) {
    return scratch;
  }

  @Override
  public long tileAt(PointBlock block, int tile, int segment, long at) {
    return at + tile * tileBytes;
  }

  @Override
  public long pointStride() {
    return Float.BYTES;
  }

  @Override
  public long productStride() {
    return Moves.GROUP_BYTES;
  }
}
