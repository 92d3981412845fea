package dev.conv4j.cpu.winograd;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.thread.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The filter at the points, {@code U = G·g·Gᵀ}, as the microkernel reads it: for each group, panel
 * and point a matrix {@code [channel][column]}.
 */
final class TransformedFilter {

  private final GemmView view;
  private final Transform transform;
  private final Panels panels;
  private final Moves moves;
  private final int lanes;
  private final long vector;
  private final long[] tapOffsets;

  TransformedFilter(GemmView view, Transform transform, Panels panels, Moves moves, int lanes) {
    this.view = view;
    this.transform = transform;
    this.panels = panels;
    this.moves = moves;
    this.lanes = lanes;
    this.vector = (long) lanes * Float.BYTES;
    this.tapOffsets = inOrder();
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
   * Transforms a filter.
   *
   * @param filter w
   * @param target {@link #bytes} bytes
   * @param base where they begin
   * @param most threads at most
   */
  void pack(MemorySegment filter, MemorySegment target, long base, Workers workers, int most) {
    workers.run(
        view.groups() * panels.count(),
        most,
        (slot, item) -> {
          try (Arena arena = Arena.ofConfined()) {
            int taps = transform.taps();
            int vectors = taps * taps + transform.points() * taps;
            MemorySegment scratch = arena.allocate(vectors * vector, vector);
            pack(
                filter,
                target,
                base,
                item / panels.count(),
                (int) (item % panels.count()),
                scratch);
          }
        });
  }

  private void pack(
      MemorySegment filter,
      MemorySegment target,
      long base,
      long group,
      int panel,
      MemorySegment scratch) {
    int width = panels.widthOf(panel);
    int columns = panels.columnsIn(panel);
    long rowBytes = (long) width * Float.BYTES;
    for (int column = 0; column < width; column += lanes) {
      int present = Math.clamp(columns - column, 0, lanes);
      moves.zero(scratch, 0, tapOffsets.length * lanes);
      for (int channel = 0; channel < view.channels(); channel++) {
        gather(filter, group, channel, panels.firstColumn(panel) + column, present, scratch);
        long to = base + at(group, panel, 0) + channel * rowBytes + (long) column * Float.BYTES;
        transform(scratch, target, to, view.channels() * rowBytes);
      }
    }
  }

  /** Brings a channel's taps of a vector of columns together. */
  private void gather(
      MemorySegment filter,
      long group,
      int channel,
      long column,
      int count,
      MemorySegment scratch) {
    long first = view.filterAt(group, channel, column);
    for (int tap = 0; tap < tapOffsets.length; tap++) {
      long from = (first + tapOffsets[tap]) * Float.BYTES;
      long step = view.columnStride() * Float.BYTES;
      for (int i = 0; i < count; i++) {
        float value = filter.get(JAVA_FLOAT_UNALIGNED, from + i * step);
        scratch.set(JAVA_FLOAT_UNALIGNED, tap * vector + (long) i * Float.BYTES, value);
      }
    }
  }

  private void transform(MemorySegment scratch, MemorySegment target, long to, long plane) {
    LineKernel kernel = transform.filter();
    int taps = transform.taps();
    int points = transform.points();
    long half = tapOffsets.length * vector;
    long row = taps * vector;
    kernel.run(scratch, 0, row, vector, scratch, half, row, vector, taps);
    for (int i = 0; i < points; i++) {
      long line = half + i * row;
      kernel.run(scratch, line, vector, 0, target, to + plane * i * points, plane, 0, 1);
    }
  }
}
