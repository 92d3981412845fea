package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * Channels last, few points and many filters: the rows of a tile, wherever they lie, become groups
 * of {@link Moves#GROUP} elements. Then the kernel has registers to spare and reads filters ahead,
 * whose way from memory is what takes long here.
 */
final class GroupedRows implements PixelPanels {

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
  private final long tileBytes;
  private final long tilesBytes;
  private final long copyBytes;

  /**
   * @param rows where the rows are
   * @param blocking how points are cut
   */
  GroupedRows(PixelPanels rows, Depth depth, Blocking blocking, Kernels kernels) {
    this.rows = rows;
    this.depth = depth;
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
    // A line more, lest the same product of all tiles fall into one set of the cache.
    this.tileBytes = elements(depth.mostDepth()) * Moves.GROUP_BYTES + LINE;
    this.tilesBytes = Math.ceilDiv(blocking.points(), tileRows) * tileBytes;
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
    int products = depth.depth(segment);
    int elements = Math.toIntExact(elements(products));
    long stride = rows.pointStride();
    long span = (Moves.GROUP - 1) * stride + (long) elements * Float.BYTES;
    int tiles = Math.ceilDiv(block.count(), tileRows);
    for (int tile = 0; tile < tiles; ) {
      MemorySegment memory = rows.memory(from, block, tile, scratch);
      long first = rows.tileAt(block, tile, segment, rowsAt);
      long to = at + tile * tileBytes;
      int count = alike(from, block, tile, tiles, scratch);
      long room = memory.byteSize() - first - span;
      if (room < 0) {
        groupLast(memory, first, products, elements, scratch, at + tilesBytes, to);
        tile++;
        continue;
      }
      count = (int) Math.min(count, room / (tileRows * stride) + 1);
      moves.group(
          memory, first, stride, tileRows * stride, scratch, to, tileBytes, count, elements);
      tile += count;
    }
  }

  /** Returns how many tiles from one on lie in the same memory, one behind the other. */
  private int alike(
      MemorySegment from, PointBlock block, int tile, int tiles, MemorySegment scratch) {
    MemorySegment memory = rows.memory(from, block, tile, scratch);
    int end = tile + 1;
    while (end < tiles && rows.memory(from, block, end, scratch) == memory) {
      end++;
    }
    return end - tile;
  }

  /** A tile behind which there is no memory to read with it. */
  private void groupLast(
      MemorySegment memory,
      long first,
      int products,
      int elements,
      MemorySegment scratch,
      long copyAt,
      long to) {
    long row = (long) elements * Float.BYTES;
    for (int i = 0; i < tileRows; i++) {
      moves.copy(memory, first + i * rows.pointStride(), 1, scratch, copyAt + i * row, products);
    }
    moves.group(scratch, copyAt, row, 0, scratch, to, 0, 1, elements);
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
  public boolean areRows() {
    return false;
  }

  @Override
  public long pointStride() {
    return 0;
  }
}
