package dev.conv4j.cpu.winograd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.gemm.ReadAhead;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.Transpose;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * The filter at the points, {@code U = G·g·Gᵀ}, as the microkernel reads it: for each group, panel
 * and point a matrix {@code [channel][column]}.
 */
final class TransformedFilter {

  /** Channels that are brought into order at a time. */
  private static final int CHANNELS = 16;

  private final GemmView view;
  private final Transform transform;
  private final Panels panels;
  private final Moves moves;
  private final int lanes;
  private final long vector;
  private final long[] tapOffsets;
  private final boolean tapsAreNeighbours;

  TransformedFilter(GemmView view, Transform transform, Panels panels, Moves moves, int lanes) {
    this.view = view;
    this.transform = transform;
    this.panels = panels;
    this.moves = moves;
    this.lanes = lanes;
    this.vector = (long) lanes * Float.BYTES;
    this.tapOffsets = inOrder();
    long[] neighbours = LongStream.range(0, tapOffsets.length).toArray();
    this.tapsAreNeighbours = Arrays.equals(tapOffsets, neighbours);
  }

  /** Returns the taps' offsets in the filter by their positions in the source. */
  private long[] inOrder() {
    int taps = transform.taps();
    long[] offsets = view.tapOffsets(view.grids().getFirst());
    long[] ordered = new long[offsets.length];
    GridAxis h = view.grids().getFirst().h();
    GridAxis w = view.grids().getFirst().w();
    for (int r = 0; r < taps; r++) {
      for (int s = 0; s < taps; s++) {
        int y = (int) (h.offsets().get(r) - Geometry.origin(h));
        int x = (int) (w.offsets().get(s) - Geometry.origin(w));
        ordered[y * taps + x] = offsets[r * taps + s];
      }
    }
    return ordered;
  }

  /** Returns the size of all matrices. */
  long bytes() {
    return view.groups() * groupBytes();
  }

  private long groupBytes() {
    return panels.paddedColumns() * transform.products() * view.channels() * Float.BYTES;
  }

  /** Returns where a point's matrix begins. */
  long at(long group, int panel, int point) {
    long before = panels.firstColumn(panel) * transform.products();
    long inPanel = (long) point * panels.widthOf(panel);
    return group * groupBytes() + (before + inPanel) * view.channels() * Float.BYTES;
  }

  /**
   * Returns what groups of tiles read ahead while they are multiplied by a point's matrix: the next
   * point's, behind the last one the next panel's.
   *
   * @param aheadBytes what they read with each channel
   * @param groups how many
   */
  ReadAhead ahead(long group, int panel, int point, int aheadBytes, int groups) {
    boolean last = point + 1 == transform.products();
    int nextPanel = last ? (panel + 1) % panels.count() : panel;
    long nextAt = at(group, nextPanel, last ? 0 : point + 1);
    int channels = view.channels();
    long nextBytes = (long) channels * panels.widthOf(nextPanel) * Float.BYTES;
    long share = (long) channels * aheadBytes;
    return ReadAhead.of(at(group, panel, point), nextAt, nextBytes, share, groups);
  }

  /**
   * Transforms a filter.
   *
   * @param source w
   * @param target {@link #bytes} bytes, the library's own
   * @param most threads at most
   */
  void pack(Block source, MemorySegment target, Workers workers, int most) {
    MemorySegment filter = CpuBlock.segment(source);
    Transpose transpose = moves.transposeOf(CpuBlock.isOwn(source));
    long half = (long) transform.points() * transform.taps();
    long each = CHANNELS * (tapOffsets.length + half) * vector;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment scratch = arena.allocate(Math.min(most, workers.threads()) * each, vector);
      workers.run(
          view.groups() * panels.count(),
          most,
          (slot, item) -> {
            long group = item / panels.count();
            int panel = (int) (item % panels.count());
            MemorySegment own = scratch.asSlice(slot * each, each);
            pack(filter, transpose, target, group, panel, own);
          });
    }
  }

  private void pack(
      MemorySegment filter,
      Transpose transpose,
      MemorySegment target,
      long group,
      int panel,
      MemorySegment scratch) {
    int width = panels.widthOf(panel);
    long rowBytes = (long) width * Float.BYTES;
    long plane = view.channels() * rowBytes;
    for (int column = 0; column < width; column += lanes) {
      int present = Math.clamp(panels.columnsIn(panel) - column, 0, lanes);
      moves.zero(scratch, 0, CHANNELS * tapOffsets.length * lanes);
      for (int channel = 0; channel < view.channels(); channel += CHANNELS) {
        int channels = Math.min(CHANNELS, view.channels() - channel);
        long first = view.filterAt(group, channel, panels.firstColumn(panel) + column);
        gather(filter, transpose, first, channels, present, scratch);
        long to = at(group, panel, 0) + channel * rowBytes + (long) column * Float.BYTES;
        transform(scratch, channels, target, to, rowBytes, plane);
      }
    }
  }

  /** Brings the taps of some channels and of a vector of columns into order, tap by tap. */
  private void gather(
      MemorySegment filter,
      Transpose transpose,
      long first,
      int channels,
      int columns,
      MemorySegment scratch) {
    int taps = tapOffsets.length;
    long columnStride = view.columnStride() * Float.BYTES;
    if (tapsAreNeighbours && view.channelStride() == taps) {
      long from = first * Float.BYTES;
      int elements = channels * taps;
      transpose.transpose(filter, from, columnStride, scratch, 0, vector, columns, elements);
      return;
    }
    for (int tap = 0; tap < taps; tap++) {
      long from = (first + tapOffsets[tap]) * Float.BYTES;
      if (view.channelStride() == 1) {
        transpose.transpose(
            filter, from, columnStride, scratch, tap * vector, taps * vector, columns, channels);
      } else {
        gatherOneByOne(filter, from, channels, columns, scratch, tap * vector);
      }
    }
  }

  private void gatherOneByOne(
      MemorySegment filter, long from, int channels, int columns, MemorySegment scratch, long at) {
    long columnStride = view.columnStride() * Float.BYTES;
    for (int channel = 0; channel < channels; channel++) {
      long source = from + channel * view.channelStride() * Float.BYTES;
      long to = at + vector * channel * tapOffsets.length;
      for (int i = 0; i < columns; i++) {
        float value = filter.get(JAVA_FLOAT_UNALIGNED, source + i * columnStride);
        scratch.set(JAVA_FLOAT_UNALIGNED, to + (long) i * Float.BYTES, value);
      }
    }
  }

  /**
   * Transforms the taps of some channels, all of them at a time.
   *
   * @param to where the first channel goes, at the first point
   * @param row from a channel to the next there
   * @param plane from a point to the next there
   */
  private void transform(
      MemorySegment scratch, int channels, MemorySegment target, long to, long row, long plane) {
    LineKernel kernel = transform.filter();
    int taps = transform.taps();
    int points = transform.points();
    long line = taps * vector;
    long each = taps * line;
    long half = CHANNELS * each;
    long halfEach = points * line;
    for (int tap = 0; tap < taps; tap++) {
      long at = tap * vector;
      kernel.run(scratch, at, line, each, scratch, half + at, line, halfEach, channels);
    }
    for (int i = 0; i < points; i++) {
      long at = half + i * line;
      long into = to + plane * i * points;
      kernel.run(scratch, at, vector, halfEach, target, into, plane, row, channels);
    }
  }
}
