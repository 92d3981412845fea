package dev.conv4j.cpu.gemm;

import dev.conv4j.Border;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.MemorySegment;

/**
 * The part of some source planes that a block of result points reads, borders filled in and strides
 * taken apart into phases: every tap of neighbouring points then reads neighbouring elements, and
 * no later step knows of padding, border rules, stride or dilation.
 */
final class Patch {

  /** Lines a way of the first-level cache apart share one set. */
  private static final int BAD_PITCH = 512;

  private static final int LINE = 16;

  private final GridAxis axis;
  private final int pointStep;
  private final PatchAxis d;
  private final PatchAxis h;
  private final PatchAxis w;
  private final Strides source;
  private final Moves moves;
  private final int pitch;
  private final int channelPitch;

  /**
   * @param grid the result points
   * @param rows rows of a block at most
   * @param columns points of a row at most
   * @param pointStep distance between neighbouring points: 1 takes a stride apart, the stride
   *     itself leaves rows as they are
   * @param source where the source's elements lie
   */
  Patch(Grid grid, int rows, int columns, int pointStep, Strides source, Moves moves) {
    this.axis = pointStep == 1 ? grid.w() : grid.w().dense();
    this.pointStep = pointStep;
    this.d = new PatchAxis(grid.d(), 1);
    this.h = new PatchAxis(grid.h(), rows);
    this.w = new PatchAxis(axis, reach(columns));
    this.source = source;
    this.moves = moves;
    this.pitch = w.length();
    int elements = Math.multiplyExact(Math.multiplyExact(d.length(), h.length()), pitch);
    int lines = Math.addExact(elements, LINE - 1) / LINE * LINE;
    this.channelPitch = lines % BAD_PITCH == 0 ? lines + LINE : lines;
  }

  /** Returns the elements that a row of points spans. */
  private int reach(int points) {
    return (points - 1) * pointStep + 1;
  }

  /** Returns the elements between rows. */
  int pitch() {
    return pitch;
  }

  /** Returns the elements between channels. */
  int channelPitch() {
    return channelPitch;
  }

  /** Returns the element a tap of the block's first point reads. */
  int tapAt(int t, int r, int s) {
    return (d.tapAt(t) * h.length() + h.tapAt(r)) * pitch + w.tapAt(s);
  }

  /**
   * Returns for each row of a channel's patch where in a channel its source begins, {@link
   * PatchAxis#ZERO} or {@link PatchAxis#UNREAD}.
   */
  long[] rows(PointBlock block) {
    long[] slices = d.sources(block.slice(), 1);
    long[] lines = h.sources(block.row(), block.rows());
    long[] rows = new long[slices.length * lines.length];
    for (int i = 0; i < slices.length; i++) {
      for (int j = 0; j < lines.length; j++) {
        long outside = Math.min(slices[i], lines[j]);
        rows[i * lines.length + j] =
            outside < 0 ? outside : slices[i] * source.d() + lines[j] * source.h();
      }
    }
    return rows;
  }

  /**
   * Fills the patch.
   *
   * @param from x or dy
   * @param firstAt the element of the first channel's coordinate 0
   * @param rows what {@link #rows} returned for the block
   * @param block the block
   * @param channels how many
   * @param to scratch
   * @param at where the patch begins, in bytes
   */
  void fill(
      MemorySegment from,
      long firstAt,
      long[] rows,
      PointBlock block,
      int channels,
      MemorySegment to,
      long at) {
    touch(from, firstAt, rows, block, channels, to, at);
    for (int phase = 0; phase < w.phases(); phase++) {
      long position = w.position(phase, block.column() * pointStep);
      long step = axis.step();
      int length = w.length(phase, reach(block.columns()));
      int first = Math.clamp(Math.ceilDiv(-position, step), 0, length);
      int end = Math.clamp(Math.ceilDiv(axis.extent() - position, step), first, length);
      boolean zeros = axis.border() == Border.ZEROS || (first == 0 && end == length);
      for (int channel = 0; channel < channels; channel++) {
        long plane = firstAt + channel * source.channel();
        long target = at + ((long) channel * channelPitch + w.start(phase)) * Float.BYTES;
        if (zeros && end > first) {
          long base = (plane + (position + first * step) * source.w()) * Float.BYTES;
          long distance = step * source.w();
          int inside = end - first;
          long row = (long) pitch * Float.BYTES;
          moves.copyRows(from, base, rows, distance, first, inside, length, to, target, row);
        } else {
          lines(from, plane, rows, position, first, end, length, to, target);
        }
      }
    }
  }

  /** Fills a channel's phase row by row: the border repeats elements, or there is nothing else. */
  private void lines(
      MemorySegment from,
      long plane,
      long[] rows,
      long position,
      int first,
      int end,
      int length,
      MemorySegment to,
      long at) {
    long target = at;
    for (long row : rows) {
      if (row == PatchAxis.ZERO) {
        moves.zero(to, target, length);
      } else if (row >= 0) {
        long line = plane + row;
        Line.copy(axis, moves, from, line, source.w(), position, first, end, length, to, target);
      }
      target += (long) pitch * Float.BYTES;
    }
  }

  /**
   * Brings the rows of each channel into the caches, slice by slice: copying them takes so many
   * instructions that few of their lines would be on the way at a time.
   */
  private void touch(
      MemorySegment from,
      long firstAt,
      long[] rows,
      PointBlock block,
      int channels,
      MemorySegment to,
      long at) {
    long begin = Long.MAX_VALUE;
    long end = 0;
    for (int phase = 0; phase < w.phases(); phase++) {
      long position = w.position(phase, block.column() * pointStep);
      long last = position + (w.length(phase, reach(block.columns())) - 1) * axis.step();
      begin = Math.clamp(position, 0, Math.min(begin, axis.extent() - 1));
      end = Math.clamp(last + 1, end, axis.extent());
    }
    for (int slice = 0; slice < rows.length; slice += h.length()) {
      long low = Long.MAX_VALUE;
      long high = -1;
      for (int line = slice; line < slice + h.length(); line++) {
        low = rows[line] < 0 ? low : Math.min(low, rows[line]);
        high = Math.max(high, rows[line]);
      }
      if (high >= 0 && end > begin) {
        moves.touch(
            from,
            (firstAt + low + begin * source.w()) * Float.BYTES,
            (high - low + (end - begin - 1) * source.w() + 1) * Float.BYTES,
            source.channel() * Float.BYTES,
            channels,
            to,
            at);
      }
    }
  }
}
