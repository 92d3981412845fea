package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels last, few points and many filters: the rows of a tile, wherever they lie, become groups
 * of {@link Moves#GROUP} elements. Then the kernel has registers to spare and reads filters ahead,
 * whose way from memory is what takes long here.
 */
final class GroupedRows extends GatheredTiles {

  /** Panels that a group is multiplied by at least: moving it takes the time of a third of one. */
  private static final int LEAST_PANELS = 6;

  /** Points at most: the more there are, the less time reading filters takes beside the rest. */
  private static final long MOST_POINTS = 128;

  /** Elements moved at once, of any vector. */
  private static final int VECTOR = 16;

  private static final long LINE = 64;

  private final PixelPanels rows;
  private final Depth depth;
  private final Moves moves;
  private final int tileRows;
  private final long tilesBytes;
  private final long copyBytes;

  /**
   * @param rows where the rows are
   * @param blocking how points are cut
   */
  GroupedRows(PixelPanels rows, Depth depth, Blocking blocking, Kernels kernels) {
    // A line more, lest the same product of all tiles fall into one set of the cache.
    super(elements(depth.mostDepth()) * Moves.GROUP_BYTES + LINE);
    this.rows = rows;
    this.depth = depth;
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
    this.tilesBytes = Math.ceilDiv(blocking.points(), tileRows) * tileBytes();
    this.copyBytes = Moves.GROUP * elements(depth.mostDepth()) * Float.BYTES;
  }

  /** Returns whether grouping is worth its time. */
  static boolean pays(GemmView view, Grid grid, Kernels kernels) {
    long points = view.batch() * grid.d().count() * grid.plane();
    return points <= MOST_POINTS && view.columns() >= (long) LEAST_PANELS * kernels.columns();
  }

  private static long elements(int products) {
    return (long) Math.ceilDiv(products, VECTOR) * VECTOR;
  }

  @Override
  public long scratchBytes() {
    return tilesBytes + copyBytes + rows.scratchBytes();
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long rowsAt = at + tilesBytes + copyBytes;
    rows.pack(from, block, segment, scratch, rowsAt);
    int whole = block.count() / tileRows;
    group(from, block, segment, 0, whole, scratch, at);
    group(from, block, segment, whole, Math.ceilDiv(block.count(), tileRows) - whole, scratch, at);
  }

  /** Groups tiles that lie one behind the other: all whole ones, or what is left. */
  private void group(
      MemorySegment from,
      PointBlock block,
      int segment,
      int tile,
      int count,
      MemorySegment scratch,
      long at) {
    if (count == 0) {
      return;
    }
    int elements = Math.toIntExact(elements(depth.depth(segment)));
    long stride = rows.pointStride();
    long next = tileRows * stride;
    MemorySegment memory = rows.memory(from, block, tile, scratch);
    long first = rows.tileAt(block, tile, segment, at + tilesBytes + copyBytes);
    long to = at + tile * tileBytes();
    // A group is read as more rows than it has, and behind the last one memory may end.
    long span = (Moves.GROUP - 1) * stride + (long) elements * Float.BYTES;
    long last = first + (count - 1) * next;
    int inside = last + span <= memory.byteSize() ? count : count - 1;
    moves.group(memory, first, stride, next, scratch, to, tileBytes(), inside, elements);
    if (inside < count) {
      long row = (long) elements * Float.BYTES;
      long copyAt = at + tilesBytes;
      for (int i = 0; i < tileRows; i++) {
        long copy = copyAt + i * row;
        moves.copy(memory, last + i * stride, 1, scratch, copy, depth.depth(segment));
      }
      moves.group(scratch, copyAt, row, 0, scratch, to + inside * tileBytes(), 0, 1, elements);
    }
  }
}
