package dev.conv4j.cpu.microkernel;

import java.lang.foreign.MemorySegment;

/** Transpositions of f32. All positions and distances in bytes; native memory only. */
public interface Transpose {

  /**
   * Transposes a matrix.
   *
   * @param source the matrix
   * @param from its first element
   * @param sourceRow from a row to the next
   * @param target where its columns become rows
   * @param to the first element's place
   * @param targetRow from a row to the next there
   * @param rows rows of the source
   * @param columns columns of the source
   */
  void transpose(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns);

  /**
   * Transposes groups of {@link Moves#GROUP} rows: element by element, those of a group's rows
   * become neighbours.
   *
   * @param source the rows
   * @param from the first row of the first group
   * @param sourceRow from a row to the next
   * @param next from a group to the next
   * @param target where they go
   * @param to the first element's place
   * @param targetNext from a group to the next there
   * @param count groups
   * @param elements elements of a row, a multiple of a vector's
   */
  void group(
      MemorySegment source,
      long from,
      long sourceRow,
      long next,
      MemorySegment target,
      long to,
      long targetNext,
      int count,
      int elements);
}
