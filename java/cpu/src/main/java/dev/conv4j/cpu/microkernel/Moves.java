package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/**
 * Moves of f32 data into the order a {@link Microkernel} reads, and out of the one it writes. All
 * positions and distances in bytes; native memory only.
 */
public interface Moves extends Transpose {

  /** Elements that {@link #gather} moves at once: the most rows a microkernel has. */
  int GROUP = 8;

  /** Bytes of such a group. */
  long GROUP_BYTES = (long) GROUP * Float.BYTES;

  /** Returns the bytes from the first of some groups to the last element used of the last. */
  static long groupBytes(int groups, int elements) {
    return groups == 0 ? 0 : (groups - 1) * GROUP_BYTES + (long) elements * Float.BYTES;
  }

  /** Returns the elements that {@link #scatter} moves at once. */
  int run();

  /** A row of zeros, see {@link #copyRows}. */
  long ZEROS = -1;

  /** A row that nobody reads. */
  long LEFT_ALONE = -2;

  /**
   * Copies groups of {@link #GROUP} elements, one behind the other. With a step of 2 a group reads
   * one element more than it takes.
   *
   * @param source from where
   * @param base added to every offset
   * @param step distance in elements within a group, 1 or 2
   * @param offsets where the groups begin
   * @param count how many of them
   * @param target where the first goes
   * @param at its place
   */
  void gather(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at);

  /**
   * Copies groups of which the first lanes come from one place and the rest from another. What lies
   * behind the last group is overwritten too, by less than a group.
   *
   * @param source from where
   * @param base added to every offset for the first lanes
   * @param second added to every offset for the lanes from {@code split} on
   * @param split lanes that come from the first place
   * @param step distance in elements within a group, 1 or 2
   * @param offsets where the groups begin
   * @param count how many of them
   * @param target where the first goes
   * @param at its place
   */
  void gatherSplit(
      MemorySegment source,
      long base,
      long second,
      int split,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at);

  /**
   * Copies one element of each group.
   *
   * @param source from where
   * @param base added to every offset
   * @param offsets where the elements are
   * @param count how many of them
   * @param target where the first goes
   * @param at its place; the next is a group further
   */
  void gatherLane(
      MemorySegment source, long base, int[] offsets, int count, MemorySegment target, long at);

  /**
   * Copies runs of {@link #run} elements of many rows, row by row and each row's in order, so that
   * what a run writes too much is overwritten by the one that belongs there. Behind the last run of
   * the last row as much as a run is overwritten.
   *
   * @param source from where
   * @param base added to every offset
   * @param step distance in elements within a run, 1 or 2
   * @param offsets where the rows begin
   * @param count how many of them
   * @param from where in a row the runs begin
   * @param target where they go
   * @param at the place of the first row
   * @param to the runs' places in a row, as many
   * @param pitch from a row to the next there
   */
  void scatter(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      int[] from,
      MemorySegment target,
      long at,
      int[] to,
      long pitch);

  /**
   * Copies elements that lie a fixed distance apart to neighbours.
   *
   * @param source from where
   * @param from the first element
   * @param step distance in elements, at least 1
   * @param target where they go
   * @param to the first one's place
   * @param count how many
   */
  void copy(MemorySegment source, long from, long step, MemorySegment target, long to, int count);

  /**
   * Copies rows, with zeros around each.
   *
   * @param source from where
   * @param base added to every row's place, in bytes
   * @param rows for each row the element it begins at, {@link #ZEROS} or {@link #LEFT_ALONE}
   * @param step distance in elements within a row, at least 1
   * @param before zeros before a row's elements
   * @param count elements of a row
   * @param length of a row with zeros on both sides
   * @param target where they go
   * @param to the first row's place
   * @param pitch from a row to the next there, in bytes
   */
  default void copyRows(
      MemorySegment source,
      long base,
      long[] rows,
      long step,
      int before,
      int count,
      int length,
      MemorySegment target,
      long to,
      long pitch) {
    for (int row = 0; row < rows.length; row++) {
      long at = to + row * pitch;
      long first = at + (long) before * Float.BYTES;
      if (rows[row] >= 0) {
        zero(target, at, before);
        copy(source, base + rows[row] * Float.BYTES, step, target, first, count);
        zero(target, first + (long) count * Float.BYTES, length - before - count);
      } else if (rows[row] == ZEROS) {
        zero(target, at, length);
      }
    }
  }

  /**
   * Copies neighbours to elements that lie a fixed distance apart.
   *
   * @param source from where
   * @param from the first element
   * @param target where they go
   * @param to the first one's place
   * @param step distance in elements, at least 1
   * @param count how many
   */
  void spread(MemorySegment source, long from, MemorySegment target, long to, long step, int count);

  /**
   * Reads runs of memory once, in order, so that they are in the caches when a kernel reads them in
   * another one. Streams come from far several times as fast as lines of many planes do.
   *
   * @param source from where
   * @param at the first run
   * @param bytes of a run
   * @param pitch from a run to the next
   * @param runs how many
   * @param target where the sum of what was read goes, so that nothing can leave out the reading
   * @param to its place
   */
  void touch(
      MemorySegment source,
      long at,
      long bytes,
      long pitch,
      int runs,
      MemorySegment target,
      long to);

  /** Sets elements to zero. */
  void zero(MemorySegment target, long at, int count);

  /** {@code target += source}, element by element. */
  void add(MemorySegment source, long from, MemorySegment target, long to, int count);

  /**
   * Returns the same transpositions, which may be faster on some memory.
   *
   * @param own whether source and target are the library's own, which nobody frees meanwhile
   */
  default Transpose transposeOf(boolean own) {
    return this;
  }
}
