package dev.conv4j.cpu.gemm;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.conv4j.Border;
import dev.conv4j.Layout;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * The rows of the source that a block sees are copied as they are, with what is around them, and
 * the microkernel reads each point's window there. Nothing is unrolled: copying three channels tap
 * by tap takes as long as multiplying them by 64 filters.
 */
final class WindowRows implements PixelPanels {

  /** Bytes of a patch that stay in a second-level cache beside a panel of filters. */
  private static final long MOST_BYTES = 1 << 20;

  private final Strides source;
  private final Grid grid;
  private final int channels;
  private final Moves moves;
  private final int tileRows;
  private final Span down;
  private final Span across;

  /** Rows of the patch for each tap of depth, and elements of a row. */
  private final int rows;

  private final int pitch;

  /** Whether pixels have all their channels side by side, and not each a plane. */
  private final boolean channelsLast;

  /** Elements from a pixel to the next. */
  private final int pixel;

  /** Elements of a patch, or of a channel's where channels are planes. */
  private final int plane;

  /** Where each product of a segment is from the beginning of its point's window, in bytes. */
  private final MemorySegment[] places;

  /**
   * The positions that neighbouring points see along an axis.
   *
   * @param first the first one that point 0 sees, which may lie outside the source
   * @param window from there to behind the last one
   * @param step from a point to the next
   */
  private record Span(long first, long window, long step) {

    static Span of(GridAxis axis) {
      long first = axis.offsets().stream().mapToLong(Long::longValue).min().orElse(0);
      long last = axis.offsets().stream().mapToLong(Long::longValue).max().orElse(0);
      return new Span(first, last - first + 1, axis.step());
    }

    /** Returns how many positions so many points see. */
    int of(int points) {
      return Math.toIntExact((points - 1) * step + window);
    }

    /** Returns the first position that a point sees. */
    long from(long point) {
      return point * step + first;
    }
  }

  WindowRows(GemmView view, Grid grid, Depth depth, Blocking blocking, Kernels kernels) {
    this.source = view.source();
    this.grid = grid;
    this.channels = depth.channels();
    this.moves = kernels.moves();
    this.tileRows = kernels.rows();
    this.down = Span.of(grid.h());
    this.across = Span.of(grid.w());
    this.rows = down.of(blocking.rows());
    this.channelsLast = view.layout() == Layout.NHWC;
    this.pixel = channelsLast ? channels : 1;
    this.pitch = across.of(blocking.columns()) * pixel;
    this.plane = rows * grid.d().offsets().size() * pitch;
    this.places = new MemorySegment[depth.segments()];
    Arrays.setAll(places, i -> places(depth.firstChannel(i), depth.channelsIn(i), view.tapByTap()));
  }

  /** Returns whether the points of a grid see windows that can be read like this. */
  static boolean suit(GemmView view, Grid grid) {
    return (view.layout() == Layout.NCHW || view.groups() == 1) && grid.taps() > 1;
  }

  /** Returns whether a grid should be read like this, cut into such blocks. */
  static boolean fits(GemmView view, Grid grid, Blocking blocking, Kernels kernels) {
    double row = (double) view.channels() * Span.of(grid.w()).of(blocking.columns());
    double elements = row * Span.of(grid.h()).of(blocking.rows()) * grid.d().taps().size();
    return suit(view, grid) && kernels.readWindows() && elements * Float.BYTES <= MOST_BYTES;
  }

  /** Returns where the products of a segment are, in the order of {@link FilterPanels}. */
  private MemorySegment places(int firstChannel, int channelsIn, boolean tapByTap) {
    int taps = grid.taps();
    MemorySegment bytes = Arena.ofAuto().allocate(JAVA_INT, (long) taps * channelsIn);
    int tap = 0;
    for (int d = 0; d < grid.d().offsets().size(); d++) {
      for (long h : grid.h().offsets()) {
        for (long w : grid.w().offsets()) {
          long row = ((long) d * rows + h - down.first) * pitch;
          long at = row + (w - across.first) * pixel;
          for (int c = 0; c < channelsIn; c++) {
            int k = tapByTap ? tap * channelsIn + c : c * taps + tap;
            long channel = (long) (firstChannel + c) * (channelsLast ? 1 : plane);
            bytes.setAtIndex(JAVA_INT, k, Math.toIntExact((at + channel) * Float.BYTES));
          }
          tap++;
        }
      }
    }
    return bytes;
  }

  private long patchBytes() {
    return (long) plane * (channelsLast ? 1 : channels) * Float.BYTES;
  }

  @Override
  public long scratchBytes() {
    return patchBytes() + (long) tileRows * Integer.BYTES;
  }

  @Override
  public void pack(
      MemorySegment from, PointBlock block, int segment, MemorySegment scratch, long at) {
    if (segment > 0) {
      return; // All channels are here.
    }
    long first = block.group() * channels;
    int seen = across.of(block.columns());
    int before = before(block, seen);
    int end = end(block, seen);
    boolean zeros = grid.w().border() == Border.ZEROS || (before == 0 && end == seen);
    if (!channelsLast && zeros && end > before) {
      planes(from, first, block, before, end - before, scratch, at);
      return;
    }
    for (int c = 0; c < (channelsLast ? 1 : channels); c++) {
      plane(from, first + c, block, scratch, at + (long) c * plane * Float.BYTES);
    }
  }

  /** Returns how many of the positions that a row of a block sees lie before the source. */
  private int before(PointBlock block, int seen) {
    return Math.clamp(-across.from(block.column()), 0, seen);
  }

  /** Returns how many lie before its end. */
  private int end(PointBlock block, int seen) {
    long left = grid.w().extent() - across.from(block.column());
    return Math.clamp(left, before(block, seen), seen);
  }

  /** Copies what a block sees of all channels, with zeros around the source. */
  private void planes(
      MemorySegment from,
      long channel,
      PointBlock block,
      int before,
      int count,
      MemorySegment scratch,
      long at) {
    int lines = down.of(block.rows());
    int seen = across.of(block.columns());
    long column = across.from(block.column()) + before;
    long[] begins = new long[lines];
    for (int slice = 0; slice < grid.d().offsets().size(); slice++) {
      long offset = grid.d().offsets().get(slice);
      long z = grid.d().resolve(block.slice() * grid.d().step() + offset);
      for (int line = 0; line < lines; line++) {
        long y = grid.h().resolve(down.from(block.row()) + line);
        begins[line] = z < 0 || y < 0 ? Moves.ZEROS : y * source.h();
      }
      long to = at + (long) slice * rows * pitch * Float.BYTES;
      for (int c = 0; c < channels; c++) {
        long base = source.at(block.n(), channel + c, Math.max(z, 0), 0, column) * Float.BYTES;
        long plane = to + (long) c * this.plane * Float.BYTES;
        long row = (long) pitch * Float.BYTES;
        moves.copyRows(from, base, begins, 1, before, count, seen, scratch, plane, row);
      }
    }
  }

  /** Copies what a block sees of a channel, or of all of them. */
  private void plane(
      MemorySegment from, long channel, PointBlock block, MemorySegment scratch, long at) {
    int lines = down.of(block.rows());
    for (long offset : grid.d().offsets()) {
      long z = grid.d().resolve(block.slice() * grid.d().step() + offset);
      for (int line = 0; line < lines; line++) {
        long y = grid.h().resolve(down.from(block.row()) + line);
        long to = at + (long) line * pitch * Float.BYTES;
        if (z < 0 || y < 0) {
          moves.zero(scratch, to, pitch);
        } else {
          line(from, source.at(block.n(), channel, z, y, 0), block, scratch, to);
        }
      }
      at += (long) rows * pitch * Float.BYTES;
    }
  }

  /** Copies what a block sees of a row of the source. */
  private void line(MemorySegment from, long row, PointBlock block, MemorySegment to, long at) {
    long first = across.from(block.column());
    int seen = across.of(block.columns());
    int before = before(block, seen);
    int end = end(block, seen);
    outside(from, row, first, 0, before, to, at);
    long target = at + (long) before * pixel * Float.BYTES;
    long x = (row + (first + before) * source.w()) * Float.BYTES;
    moves.copy(from, x, 1, to, target, (end - before) * pixel);
    outside(from, row, first, end, seen, to, at);
  }

  /** Copies pixels that the border makes up. */
  private void outside(
      MemorySegment from, long row, long first, int begin, int end, MemorySegment to, long at) {
    for (int i = begin; i < end; i++) {
      long x = grid.w().resolve(first + i);
      long target = at + (long) i * pixel * Float.BYTES;
      if (x < 0) {
        moves.zero(to, target, pixel);
      } else {
        moves.copy(from, (row + x * source.w()) * Float.BYTES, 1, to, target, pixel);
      }
    }
  }

  /**
   * Writes where the windows of a tile's points begin, from the patch on in bytes; behind the last
   * point again that one's.
   *
   * @param at where the patch is
   * @return where they were written
   */
  long starts(PointBlock block, int tile, MemorySegment scratch, long at) {
    long starts = at + patchBytes();
    int rowBytes = (int) down.step * pitch * Float.BYTES;
    int pointBytes = (int) across.step * pixel * Float.BYTES;
    int left = block.count() - tile * tileRows;
    int point = (int) (block.first() % grid.w().count() - block.column()) + tile * tileRows;
    int x = point % block.columns();
    int start = point / block.columns() * rowBytes + x * pointBytes;
    for (int i = 0; i < tileRows; i++) {
      scratch.set(JAVA_INT, starts + (long) i * Integer.BYTES, start);
      if (i + 1 < left) {
        boolean ends = ++x == block.columns();
        start += ends ? rowBytes - (x - 1) * pointBytes : pointBytes;
        x = ends ? 0 : x;
      }
    }
    return starts;
  }

  /** Returns where each product of a segment is from there, in bytes. */
  MemorySegment places(int segment) {
    return places[segment];
  }

  @Override
  public long tileAt(PointBlock block, int tile, int segment, long at) {
    return at;
  }

  @Override
  public boolean areRows() {
    return true;
  }

  @Override
  public long pointStride() {
    return across.step * pixel * Float.BYTES;
  }
}
