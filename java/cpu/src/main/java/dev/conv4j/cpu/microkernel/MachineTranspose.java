package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.code.MachineCode.address;

import dev.conv4j.cpu.code.MachineCode;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The same as {@link VectorTranspose} in machine code, edges too. All memory is checked before a
 * call and no more within it, so it must be the library's own, which nobody frees meanwhile.
 */
final class MachineTranspose implements Transpose {

  /** Emitted once. */
  private static final Optional<MachineTranspose> HERE =
      MachineCode.transposition()
          .flatMap(
              matrix -> MachineCode.rowGroups().map(eight -> new MachineTranspose(matrix, eight)));

  /** The most rows and columns of a call, which the garbage collector waits for. */
  private static final int SIDE = 512;

  private final MachineCode matrix;
  private final MachineCode eightRows;

  private MachineTranspose(MachineCode matrix, MachineCode eightRows) {
    this.matrix = matrix;
    this.eightRows = eightRows;
  }

  /** Returns it, or nothing where there is no machine code. */
  static Optional<MachineTranspose> here() {
    return HERE;
  }

  @Override
  public void transpose(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    for (int row = 0; row < rows; row += SIDE) {
      for (int column = 0; column < columns; column += SIDE) {
        block(
            source,
            from + row * sourceRow + (long) column * Float.BYTES,
            sourceRow,
            target,
            to + column * targetRow + (long) row * Float.BYTES,
            targetRow,
            Math.min(rows - row, SIDE),
            Math.min(columns - column, SIDE));
      }
    }
  }

  private void block(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    long first = address(source, from, rows, sourceRow, (long) columns * Float.BYTES);
    long into = address(target, to, columns, targetRow, (long) rows * Float.BYTES);
    matrix.call(rows, first, sourceRow, into, targetRow, columns, lanes(rows), lanes(columns), 0);
  }

  /** A bit for each lane of the last block. */
  private static int lanes(int elements) {
    return (1 << elements % Lanes.COUNT) - 1;
  }

  @Override
  public void group(
      MemorySegment source,
      long from,
      long sourceRow,
      long next,
      MemorySegment target,
      long to,
      long targetNext,
      int count,
      int elements) {
    if (count == 0) {
      return;
    }
    long rows = (Moves.GROUP - 1) * sourceRow + MachineCode.VECTOR_BYTES;
    long group = Lanes.COUNT * Moves.GROUP_BYTES;
    for (int i = 0; i < elements; i += Lanes.COUNT) {
      long first = address(source, from + (long) i * Float.BYTES, count, next, rows);
      long into = address(target, to + i * Moves.GROUP_BYTES, count, targetNext, group);
      eightRows.call(count, first, sourceRow, next, into, targetNext, 0, 0, 0);
    }
  }
}
