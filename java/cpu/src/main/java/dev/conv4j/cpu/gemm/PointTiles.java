package dev.conv4j.cpu.gemm;

import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PackedKernels;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Channels first: a block's points in tiles {@code [product][point]} as wide as the microkernel's
 * panel, from a {@link Patch} or from the source itself. Product by product all tiles get their
 * points, so that rows are read as they lie.
 */
final class PointTiles {

  private static final long LINE = 64;

  private final Grid grid;
  private final Depth depth;
  private final Blocking blocking;
  private final PackedKernels kernels;
  private final Moves moves;
  private final PlaneSource planes;
  private final int chunk;
  private final int[] offsets;
  private final int farthest;
  private final long tileBytes;
  private final long tilesBytes;

  PointTiles(
      GemmView view,
      Grid grid,
      Depth depth,
      Blocking blocking,
      PackedKernels kernels,
      Moves moves) {
    this.grid = grid;
    this.depth = depth;
    this.blocking = blocking;
    this.kernels = kernels;
    this.moves = moves;
    this.planes = new PlaneSource(view, grid, blocking, moves, PlaneSource.MOST_STEP);
    this.chunk = planes.together(depth.segmentChannels());
    this.offsets = planes.offsets(chunk);
    this.farthest = Arrays.stream(offsets).max().orElse(0);
    long bytes = (long) depth.mostDepth() * kernels.wide().columns() * Float.BYTES;
    // A run more: the last one may be longer than the tile, and the same product of all tiles
    // should not fall into one set of the cache.
    this.tileBytes = Math.ceilDiv(bytes, LINE) * LINE + runBytes();
    this.tilesBytes = Math.ceilDiv(blocking.points(), kernels.wide().columns()) * tileBytes;
  }

  private long runBytes() {
    return (long) moves.run() * Float.BYTES;
  }

  /** Returns the scratch of a block, in bytes. */
  long scratchBytes() {
    return tilesBytes + planes.patchBytes(chunk) + PlaneSource.MOST_STEP * runBytes();
  }

  boolean inPlace() {
    return planes.inPlace();
  }

  /** Returns the bytes from a tile to the next. */
  long tileBytes() {
    return tileBytes;
  }

  /** Packs one segment of a block's products. */
  void pack(MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    long channel = block.group() * depth.channels() + depth.firstChannel(segment);
    int channels = depth.channelsIn(segment);
    int whole = block.count() / kernels.wide().columns() * kernels.wide().columns();
    Runs tiles = new Runs(block, 0, whole);
    Runs rest = new Runs(block, whole, block.count());
    if (planes.inPlace()) {
      long first = planes.firstInPlace(block, channel) * Float.BYTES;
      tiles.pack(from, first, depth.depth(segment), 0, scratch, at);
      rest.pack(from, first, depth.depth(segment), 0, scratch, at);
      return;
    }
    long[] rows = planes.patch().rows(block);
    long patchAt = at + tilesBytes;
    for (int c = 0; c < channels; c += chunk) {
      int some = Math.min(chunk, channels - c);
      int before = c * depth.taps();
      planes.fill(from, channel + c, some, rows, block, scratch, patchAt);
      tiles.pack(scratch, patchAt, some * depth.taps(), before, scratch, at);
      rest.pack(scratch, patchAt, some * depth.taps(), before, scratch, at);
    }
  }

  /** Some tiles of a block: where runs of their points lie in a plane, and where they go. */
  private final class Runs {

    private final int begin;
    private final int end;
    private final int columns;
    private final int[] from;
    private final int[] to;
    private final int[] lengths;

    /**
     * @param begin the first point, at a tile's beginning
     * @param end behind the last point; tiles are whole, or there is one
     */
    Runs(PointBlock block, int begin, int end) {
      this.begin = begin;
      this.end = end;
      int points = end - begin;
      this.columns = kernels.of(points).columns();
      int width = blocking.columns();
      int most = points / moves.run() + 2 * (points / Math.min(columns, width)) + 4;
      int[] reads = new int[most];
      int[] writes = new int[most];
      int[] counts = new int[most];
      long column = block.first() % grid.w().count() - block.column() + begin;
      int runs = 0;
      for (int point = begin; point < end; ) {
        long row = column / width;
        int x = (int) (column % width);
        int lane = (point - begin) % columns;
        int count = Math.min(Math.min(width - x, columns - lane), end - point);
        count = Math.min(count, moves.run());
        reads[runs] =
            Math.toIntExact(
                (row * planes.rowPitch() + (long) x * planes.pointStep()) * Float.BYTES);
        writes[runs] =
            Math.toIntExact(
                point / kernels.wide().columns() * tileBytes + (long) lane * Float.BYTES);
        counts[runs++] = count;
        point += count;
        column += count;
      }
      this.from = Arrays.copyOf(reads, runs);
      this.to = Arrays.copyOf(writes, runs);
      this.lengths = Arrays.copyOf(counts, runs);
    }

    /**
     * Packs some products.
     *
     * @param base the block's first point of the first plane, in bytes
     * @param products how many
     * @param before products of the tiles that lie before
     */
    void pack(
        MemorySegment source, long base, int products, int before, MemorySegment scratch, long at) {
      if (end == begin) {
        return;
      }
      long pitch = (long) columns * Float.BYTES;
      long target = at + before * pitch;
      int step = planes.pointStep();
      long last = base + farthest + from[from.length - 1] + step * runBytes();
      if (last <= source.byteSize()) {
        moves.scatter(source, base, step, offsets, products, from, scratch, target, to, pitch);
        return;
      }
      for (int k = 0; k < products; k++) {
        for (int run = 0; run < from.length; run++) {
          long here = base + offsets[k] + from[run];
          moves.copy(source, here, step, scratch, target + k * pitch + to[run], lengths[run]);
        }
      }
    }
  }
}
