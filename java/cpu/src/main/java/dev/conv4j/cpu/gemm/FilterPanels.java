package dev.conv4j.cpu.gemm;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.Transpose;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.Block;
import java.lang.foreign.MemorySegment;

/**
 * The filter as the microkernel reads it: for each grid, group, panel and segment one matrix {@code
 * [product][column]}. Products are in the order the other operand is cheapest to gather in: with
 * channels first channel by channel, with channels last tap by tap.
 */
final class FilterPanels {

  private static final long ALIGNMENT = 64;

  private final GemmView view;
  private final Panels panels;
  private final Moves moves;
  private final Depth[] depths;
  private final long[][] tapOffsets;
  private final long[] gridAt;
  private final long bytes;

  /**
   * @param panels how columns are cut
   * @param cut whether long sums are cut into segments
   */
  FilterPanels(GemmView view, Panels panels, boolean cut, Moves moves) {
    this.view = view;
    this.panels = panels;
    this.moves = moves;
    int grids = view.grids().size();
    this.depths = new Depth[grids];
    this.tapOffsets = new long[grids][];
    this.gridAt = new long[grids];
    long at = 0;
    for (int i = 0; i < grids; i++) {
      Grid grid = view.grids().get(i);
      depths[i] =
          cut
              ? Depth.of(view.channels(), grid.taps())
              : new Depth(view.channels(), grid.taps(), view.channels());
      tapOffsets[i] = view.tapOffsets(grid);
      gridAt[i] = at;
      at += view.groups() * groupBytes(i);
    }
    this.bytes = at;
  }

  /** Returns the size of all panels. */
  long bytes() {
    return bytes;
  }

  Panels panels() {
    return panels;
  }

  /** Returns how a grid's sums are cut. */
  Depth depth(int grid) {
    return depths[grid];
  }

  private long groupBytes(int grid) {
    long size = depths[grid].total() * panels.pitches() * Float.BYTES;
    return Math.ceilDiv(size, ALIGNMENT) * ALIGNMENT;
  }

  /** Returns where a segment of a panel begins. */
  long at(int grid, long group, int panel, int segment) {
    Depth depth = depths[grid];
    return gridAt[grid]
        + group * groupBytes(grid)
        + (panels.before(panel) * depth.total() + depth.before(segment) * panels.pitchOf(panel))
            * Float.BYTES;
  }

  /**
   * Returns what tiles read ahead while they are multiplied by a panel: the next one, behind the
   * last the first.
   *
   * @param aheadBytes what they read with each product
   * @param tiles how many
   */
  ReadAhead ahead(int grid, long group, int panel, int segment, int aheadBytes, int tiles) {
    int next = panel + 1 < panels.count() ? panel + 1 : 0;
    int depth = depths[grid].depth(segment);
    long nextBytes = (long) depth * panels.pitchOf(next) * Float.BYTES;
    long panelAt = at(grid, group, panel, segment);
    long share = (long) depth * aheadBytes;
    return ReadAhead.of(panelAt, at(grid, group, next, segment), nextBytes, share, tiles);
  }

  /**
   * Packs a filter.
   *
   * @param source w
   * @param target {@link #bytes} bytes, the library's own
   * @param most threads at most
   */
  void pack(Block source, MemorySegment target, Workers workers, int most) {
    MemorySegment filter = CpuBlock.segment(source);
    Transpose transpose = moves.transposeOf(CpuBlock.isOwn(source));
    long perGrid = view.groups() * panels.count();
    workers.run(
        view.grids().size() * perGrid,
        most,
        (slot, item) -> {
          int grid = (int) (item / perGrid);
          long group = item % perGrid / panels.count();
          int panel = (int) (item % panels.count());
          for (int segment = 0; segment < depths[grid].segments(); segment++) {
            packSegment(transpose, filter, target, grid, group, panel, segment);
          }
        });
  }

  private void packSegment(
      Transpose transpose,
      MemorySegment filter,
      MemorySegment target,
      int grid,
      long group,
      int panel,
      int segment) {
    Depth depth = depths[grid];
    int width = panels.pitchOf(panel);
    int columns = panels.columnsIn(panel);
    long to = at(grid, group, panel, segment);
    if (columns < width) {
      moves.zero(target, to, depth.depth(segment) * width);
    }
    long from = view.filterAt(group, depth.firstChannel(segment), panels.firstColumn(panel));
    int channels = depth.channelsIn(segment);
    long[] taps = tapOffsets[grid];
    if (areRunsOf(taps, channels)) {
      transpose.transpose(
          filter,
          from * Float.BYTES,
          view.columnStride() * Float.BYTES,
          target,
          to,
          (long) width * Float.BYTES,
          columns,
          depth.depth(segment));
      return;
    }
    boolean tapByTap = view.tapByTap();
    long channelStep = (tapByTap ? 1L : taps.length) * width;
    long tapStep = (tapByTap ? (long) channels : 1L) * width;
    for (int tap = 0; tap < taps.length; tap++) {
      for (int channel = 0; channel < channels; channel++) {
        packRow(
            filter,
            from + channel * view.channelStride() + taps[tap],
            target,
            to + (channel * channelStep + tap * tapStep) * Float.BYTES,
            columns);
      }
    }
  }

  /** Returns whether a column's products lie in the filter as they are to be packed. */
  private boolean areRunsOf(long[] taps, int channels) {
    boolean tapByTap = view.tapByTap();
    long channelStride = tapByTap ? 1 : taps.length;
    long tapStride = tapByTap ? channels : 1;
    if (channels > 1 && view.channelStride() != channelStride) {
      return false;
    }
    for (int tap = 0; tap < taps.length; tap++) {
      if (taps[tap] != tap * tapStride) {
        return false;
      }
    }
    return true;
  }

  private void packRow(
      MemorySegment filter, long from, MemorySegment target, long to, int columns) {
    long stride = view.columnStride();
    if (stride == 1) {
      moves.copy(filter, from * Float.BYTES, 1, target, to, columns);
      return;
    }
    for (int column = 0; column < columns; column++) {
      float value = filter.get(JAVA_FLOAT_UNALIGNED, (from + column * stride) * Float.BYTES);
      target.set(JAVA_FLOAT_UNALIGNED, to + (long) column * Float.BYTES, value);
    }
  }
}
