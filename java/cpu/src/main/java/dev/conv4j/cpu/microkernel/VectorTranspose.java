package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes by blocks of as many rows as a vector has lanes. A block is a network of perfect
 * shuffles: log2(lanes) times, row i and row i + lanes/2 are zipped to rows 2i and 2i + 1; with
 * eight lanes rows exchange lanes instead. Blocks of sixteen rows are computed in halves, each of
 * which reads all of them: that is cheaper than half-done rows in memory, and more does not fit
 * into one method.
 */
final class VectorTranspose {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Lanes that zip the lower halves of two vectors, and the upper ones. */
  private static final FloatVector LOW = zip(0);

  private static final FloatVector HIGH = zip(LANES / 2);

  /** Lanes of the second vector follow those of the first. */
  private static FloatVector zip(int half) {
    float[] lanes = new float[LANES];
    for (int i = 0; i < LANES; i++) {
      lanes[i] = half + i / 2 + (i % 2 == 0 ? 0 : LANES);
    }
    return FloatVector.fromArray(SPECIES, lanes, 0);
  }

  /** Lanes change places with those four, two and one away, for blocks of eight rows. */
  private static final VectorShuffle<Float> SWAP4 = swap(4);

  private static final VectorShuffle<Float> SWAP2 = swap(2);
  private static final VectorShuffle<Float> SWAP1 = swap(1);

  /** The lanes above their partners. */
  private static final VectorMask<Float> UPPER4 = upper(4);

  private static final VectorMask<Float> UPPER2 = upper(2);
  private static final VectorMask<Float> UPPER1 = upper(1);

  private static VectorShuffle<Float> swap(int distance) {
    return VectorShuffle.fromOp(SPECIES, lane -> (lane ^ distance) % LANES);
  }

  private static VectorMask<Float> upper(int distance) {
    boolean[] lanes = new boolean[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      lanes[lane] = (lane & distance) != 0;
    }
    return VectorMask.fromArray(SPECIES, lanes, 0);
  }

  private static final PlainMoves PLAIN = new PlainMoves();

  void run(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    int blockRows = rows / LANES * LANES;
    int blockColumns = columns / LANES * LANES;
    for (int i = 0; i < blockRows; i += LANES) {
      for (int j = 0; j < blockColumns; j += LANES) {
        long s = from + i * sourceRow + (long) j * Float.BYTES;
        long t = to + j * targetRow + (long) i * Float.BYTES;
        block(source, s, sourceRow, target, t, targetRow);
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
      long targetRow) {
    if (LANES == 4) {
      fourRows(source, from, sourceRow, target, to, targetRow);
    } else if (LANES == 8) {
      exchangeEight(source, from, sourceRow, target, to, targetRow);
    } else {
      half(source, from, sourceRow, target, to, targetRow, false);
      half(source, from, sourceRow, target, to + 8 * targetRow, targetRow, true);
    }
  }

  /**
   * Zips eight rows to one: {@code [row][element]} becomes {@code [element][row]}.
   *
   * @param next from a group of rows to the next
   * @param toNext from a group to the next there
   * @param count groups of rows
   */
  void group(
      MemorySegment source,
      long from,
      long sourceRow,
      long next,
      MemorySegment target,
      long to,
      long toNext,
      int count) {
    for (int i = 0; i < count; i++) {
      if (LANES == 8) {
        exchangeEight(source, from + i * next, sourceRow, target, to + i * toNext, VECTOR);
      } else {
        zipEight(source, from + i * next, sourceRow, target, to + i * toNext, VECTOR);
      }
    }
  }

  /** Half of the columns of sixteen rows. */
  private static void half(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      boolean upper) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    FloatVector first = upper ? HIGH : LOW;
    FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * sourceRow, ORDER);
    FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, source, from + 3 * sourceRow, ORDER);
    FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, source, from + 4 * sourceRow, ORDER);
    FloatVector w5 = FloatVector.fromMemorySegment(SPECIES, source, from + 5 * sourceRow, ORDER);
    FloatVector w6 = FloatVector.fromMemorySegment(SPECIES, source, from + 6 * sourceRow, ORDER);
    FloatVector w7 = FloatVector.fromMemorySegment(SPECIES, source, from + 7 * sourceRow, ORDER);
    FloatVector w8 = FloatVector.fromMemorySegment(SPECIES, source, from + 8 * sourceRow, ORDER);
    FloatVector w9 = FloatVector.fromMemorySegment(SPECIES, source, from + 9 * sourceRow, ORDER);
    FloatVector w10 = FloatVector.fromMemorySegment(SPECIES, source, from + 10 * sourceRow, ORDER);
    FloatVector w11 = FloatVector.fromMemorySegment(SPECIES, source, from + 11 * sourceRow, ORDER);
    FloatVector w12 = FloatVector.fromMemorySegment(SPECIES, source, from + 12 * sourceRow, ORDER);
    FloatVector w13 = FloatVector.fromMemorySegment(SPECIES, source, from + 13 * sourceRow, ORDER);
    FloatVector w14 = FloatVector.fromMemorySegment(SPECIES, source, from + 14 * sourceRow, ORDER);
    FloatVector w15 = FloatVector.fromMemorySegment(SPECIES, source, from + 15 * sourceRow, ORDER);
    FloatVector x0 = first.selectFrom(w0, w8);
    FloatVector x1 = first.selectFrom(w1, w9);
    FloatVector x2 = first.selectFrom(w2, w10);
    FloatVector x3 = first.selectFrom(w3, w11);
    FloatVector x4 = first.selectFrom(w4, w12);
    FloatVector x5 = first.selectFrom(w5, w13);
    FloatVector x6 = first.selectFrom(w6, w14);
    FloatVector x7 = first.selectFrom(w7, w15);
    FloatVector y0 = LOW.selectFrom(x0, x4);
    FloatVector y1 = HIGH.selectFrom(x0, x4);
    FloatVector y2 = LOW.selectFrom(x1, x5);
    FloatVector y3 = HIGH.selectFrom(x1, x5);
    FloatVector y4 = LOW.selectFrom(x2, x6);
    FloatVector y5 = HIGH.selectFrom(x2, x6);
    FloatVector y6 = LOW.selectFrom(x3, x7);
    FloatVector y7 = HIGH.selectFrom(x3, x7);
    FloatVector z0 = LOW.selectFrom(y0, y4);
    FloatVector z1 = HIGH.selectFrom(y0, y4);
    FloatVector z2 = LOW.selectFrom(y1, y5);
    FloatVector z3 = HIGH.selectFrom(y1, y5);
    FloatVector z4 = LOW.selectFrom(y2, y6);
    FloatVector z5 = HIGH.selectFrom(y2, y6);
    FloatVector z6 = LOW.selectFrom(y3, y7);
    FloatVector z7 = HIGH.selectFrom(y3, y7);
    LOW.selectFrom(z0, z4).intoMemorySegment(target, to, ORDER);
    HIGH.selectFrom(z0, z4).intoMemorySegment(target, to + targetRow, ORDER);
    LOW.selectFrom(z1, z5).intoMemorySegment(target, to + 2 * targetRow, ORDER);
    HIGH.selectFrom(z1, z5).intoMemorySegment(target, to + 3 * targetRow, ORDER);
    LOW.selectFrom(z2, z6).intoMemorySegment(target, to + 4 * targetRow, ORDER);
    HIGH.selectFrom(z2, z6).intoMemorySegment(target, to + 5 * targetRow, ORDER);
    LOW.selectFrom(z3, z7).intoMemorySegment(target, to + 6 * targetRow, ORDER);
    HIGH.selectFrom(z3, z7).intoMemorySegment(target, to + 7 * targetRow, ORDER);
  }

  /** Three stages. */
  private static void zipEight(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * sourceRow, ORDER);
    FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, from + 3 * sourceRow, ORDER);
    FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, source, from + 4 * sourceRow, ORDER);
    FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, source, from + 5 * sourceRow, ORDER);
    FloatVector x6 = FloatVector.fromMemorySegment(SPECIES, source, from + 6 * sourceRow, ORDER);
    FloatVector x7 = FloatVector.fromMemorySegment(SPECIES, source, from + 7 * sourceRow, ORDER);
    FloatVector y0 = LOW.selectFrom(x0, x4);
    FloatVector y1 = HIGH.selectFrom(x0, x4);
    FloatVector y2 = LOW.selectFrom(x1, x5);
    FloatVector y3 = HIGH.selectFrom(x1, x5);
    FloatVector y4 = LOW.selectFrom(x2, x6);
    FloatVector y5 = HIGH.selectFrom(x2, x6);
    FloatVector y6 = LOW.selectFrom(x3, x7);
    FloatVector y7 = HIGH.selectFrom(x3, x7);
    FloatVector z0 = LOW.selectFrom(y0, y4);
    FloatVector z1 = HIGH.selectFrom(y0, y4);
    FloatVector z2 = LOW.selectFrom(y1, y5);
    FloatVector z3 = HIGH.selectFrom(y1, y5);
    FloatVector z4 = LOW.selectFrom(y2, y6);
    FloatVector z5 = HIGH.selectFrom(y2, y6);
    FloatVector z6 = LOW.selectFrom(y3, y7);
    FloatVector z7 = HIGH.selectFrom(y3, y7);
    LOW.selectFrom(z0, z4).intoMemorySegment(target, to, ORDER);
    HIGH.selectFrom(z0, z4).intoMemorySegment(target, to + targetRow, ORDER);
    LOW.selectFrom(z1, z5).intoMemorySegment(target, to + 2 * targetRow, ORDER);
    HIGH.selectFrom(z1, z5).intoMemorySegment(target, to + 3 * targetRow, ORDER);
    LOW.selectFrom(z2, z6).intoMemorySegment(target, to + 4 * targetRow, ORDER);
    HIGH.selectFrom(z2, z6).intoMemorySegment(target, to + 5 * targetRow, ORDER);
    LOW.selectFrom(z3, z7).intoMemorySegment(target, to + 6 * targetRow, ORDER);
    HIGH.selectFrom(z3, z7).intoMemorySegment(target, to + 7 * targetRow, ORDER);
  }

  /**
   * Eight lanes: rows 4, 2 and 1 apart exchange the lanes as far apart. (Eklundh, "A Fast Computer
   * Method for Matrix Transposing".) Where shuffles take one vector, this is a shuffle and a blend
   * for each row and stage; a zip is two shuffles and a blend.
   */
  private static void exchangeEight(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    FloatVector w0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector w1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    FloatVector w2 = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * sourceRow, ORDER);
    FloatVector w3 = FloatVector.fromMemorySegment(SPECIES, source, from + 3 * sourceRow, ORDER);
    FloatVector w4 = FloatVector.fromMemorySegment(SPECIES, source, from + 4 * sourceRow, ORDER);
    FloatVector w5 = FloatVector.fromMemorySegment(SPECIES, source, from + 5 * sourceRow, ORDER);
    FloatVector w6 = FloatVector.fromMemorySegment(SPECIES, source, from + 6 * sourceRow, ORDER);
    FloatVector w7 = FloatVector.fromMemorySegment(SPECIES, source, from + 7 * sourceRow, ORDER);
    FloatVector x0 = w0.blend(w4.rearrange(SWAP4), UPPER4);
    FloatVector x4 = w0.rearrange(SWAP4).blend(w4, UPPER4);
    FloatVector x1 = w1.blend(w5.rearrange(SWAP4), UPPER4);
    FloatVector x5 = w1.rearrange(SWAP4).blend(w5, UPPER4);
    FloatVector x2 = w2.blend(w6.rearrange(SWAP4), UPPER4);
    FloatVector x6 = w2.rearrange(SWAP4).blend(w6, UPPER4);
    FloatVector x3 = w3.blend(w7.rearrange(SWAP4), UPPER4);
    FloatVector x7 = w3.rearrange(SWAP4).blend(w7, UPPER4);
    FloatVector y0 = x0.blend(x2.rearrange(SWAP2), UPPER2);
    FloatVector y2 = x0.rearrange(SWAP2).blend(x2, UPPER2);
    FloatVector y1 = x1.blend(x3.rearrange(SWAP2), UPPER2);
    FloatVector y3 = x1.rearrange(SWAP2).blend(x3, UPPER2);
    FloatVector y4 = x4.blend(x6.rearrange(SWAP2), UPPER2);
    FloatVector y6 = x4.rearrange(SWAP2).blend(x6, UPPER2);
    FloatVector y5 = x5.blend(x7.rearrange(SWAP2), UPPER2);
    FloatVector y7 = x5.rearrange(SWAP2).blend(x7, UPPER2);
    FloatVector z0 = y0.blend(y1.rearrange(SWAP1), UPPER1);
    FloatVector z1 = y0.rearrange(SWAP1).blend(y1, UPPER1);
    FloatVector z2 = y2.blend(y3.rearrange(SWAP1), UPPER1);
    FloatVector z3 = y2.rearrange(SWAP1).blend(y3, UPPER1);
    FloatVector z4 = y4.blend(y5.rearrange(SWAP1), UPPER1);
    FloatVector z5 = y4.rearrange(SWAP1).blend(y5, UPPER1);
    FloatVector z6 = y6.blend(y7.rearrange(SWAP1), UPPER1);
    FloatVector z7 = y6.rearrange(SWAP1).blend(y7, UPPER1);
    z0.intoMemorySegment(target, to, ORDER);
    z1.intoMemorySegment(target, to + targetRow, ORDER);
    z2.intoMemorySegment(target, to + 2 * targetRow, ORDER);
    z3.intoMemorySegment(target, to + 3 * targetRow, ORDER);
    z4.intoMemorySegment(target, to + 4 * targetRow, ORDER);
    z5.intoMemorySegment(target, to + 5 * targetRow, ORDER);
    z6.intoMemorySegment(target, to + 6 * targetRow, ORDER);
    z7.intoMemorySegment(target, to + 7 * targetRow, ORDER);
  }

  /** Two stages. */
  private static void fourRows(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, from, ORDER);
    FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, from + sourceRow, ORDER);
    FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * sourceRow, ORDER);
    FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, from + 3 * sourceRow, ORDER);
    FloatVector y0 = LOW.selectFrom(x0, x2);
    FloatVector y1 = HIGH.selectFrom(x0, x2);
    FloatVector y2 = LOW.selectFrom(x1, x3);
    FloatVector y3 = HIGH.selectFrom(x1, x3);
    LOW.selectFrom(y0, y2).intoMemorySegment(target, to, ORDER);
    HIGH.selectFrom(y0, y2).intoMemorySegment(target, to + targetRow, ORDER);
    LOW.selectFrom(y1, y3).intoMemorySegment(target, to + 2 * targetRow, ORDER);
    HIGH.selectFrom(y1, y3).intoMemorySegment(target, to + 3 * targetRow, ORDER);
  }
}
