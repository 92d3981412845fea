package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes by blocks of as many rows as a vector has lanes. A block is a network of perfect
 * shuffles: log2(lanes) times, row i and row i + lanes/2 are zipped to rows 2i and 2i + 1. Two
 * stages at a time work on four rows in registers; between them the block lies in scratch.
 */
final class VectorTranspose {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Zips the lower halves of two vectors, and the upper ones. */
  private static final VectorShuffle<Float> LOW = zip(0);

  private static final VectorShuffle<Float> HIGH = zip(LANES / 2);

  /** Lanes of the second vector are counted from -LANES. */
  private static VectorShuffle<Float> zip(int half) {
    return VectorShuffle.fromOp(SPECIES, i -> i % 2 == 0 ? half + i / 2 : half + i / 2 - LANES);
  }

  private static final PlainMoves PLAIN = new PlainMoves();

  /** One block for each thread. */
  private final ThreadLocal<MemorySegment> scratch =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(LANES * VECTOR, VECTOR));

  void run(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    MemorySegment block = scratch.get();
    int blockRows = rows / LANES * LANES;
    int blockColumns = columns / LANES * LANES;
    for (int i = 0; i < blockRows; i += LANES) {
      for (int j = 0; j < blockColumns; j += LANES) {
        long s = from + i * sourceRow + (long) j * Float.BYTES;
        long t = to + j * targetRow + (long) i * Float.BYTES;
        block(source, s, sourceRow, target, t, targetRow, block);
      }
    }
    long right = (long) blockColumns * Float.BYTES;
    PLAIN.transpose(
        source,
        from + right,
        sourceRow,
        target,
        to + blockColumns * targetRow,
        targetRow,
        blockRows,
        columns - blockColumns);
    PLAIN.transpose(
        source,
        from + blockRows * sourceRow,
        sourceRow,
        target,
        to + (long) blockRows * Float.BYTES,
        targetRow,
        rows - blockRows,
        columns);
  }

  private static void block(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      MemorySegment scratch) {
    if (LANES == 4) {
      fourRows(source, from, sourceRow, target, to, targetRow);
      return;
    }
    int quarter = LANES / 4;
    for (int i = 0; i < quarter; i++) {
      fourRows(source, from + i * sourceRow, quarter * sourceRow, scratch, 4L * i * VECTOR, VECTOR);
    }
    if (LANES == 8) {
      for (int i = 0; i < 4; i++) {
        twoRows(scratch, i * VECTOR, 4 * VECTOR, target, to + 2L * i * targetRow, targetRow);
      }
    } else {
      for (int i = 0; i < 4; i++) {
        fourRows(scratch, i * VECTOR, 4 * VECTOR, target, to + 4L * i * targetRow, targetRow);
      }
    }
  }

  /** Two stages. */
  private static void fourRows(
      MemorySegment source, long from, long sourceRow, MemorySegment target, long to, long row) {
    FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * sourceRow, ORDER);
    FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, from + 3 * sourceRow, ORDER);
    FloatVector y0 = x0.rearrange(LOW, x2);
    FloatVector y1 = x0.rearrange(HIGH, x2);
    FloatVector y2 = x1.rearrange(LOW, x3);
    FloatVector y3 = x1.rearrange(HIGH, x3);
    y0.rearrange(LOW, y2).intoMemorySegment(target, to, ORDER);
    y0.rearrange(HIGH, y2).intoMemorySegment(target, to + row, ORDER);
    y1.rearrange(LOW, y3).intoMemorySegment(target, to + 2 * row, ORDER);
    y1.rearrange(HIGH, y3).intoMemorySegment(target, to + 3 * row, ORDER);
  }

  /** One stage. */
  private static void twoRows(
      MemorySegment source, long from, long sourceRow, MemorySegment target, long to, long row) {
    FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    x0.rearrange(LOW, x1).intoMemorySegment(target, to, ORDER);
    x0.rearrange(HIGH, x1).intoMemorySegment(target, to + row, ORDER);
  }
}
