package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 6 rows of A times 2 vectors of B: 12 accumulators. */
final class Sgemm6x2v implements Microkernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /**
   * One, which the compiler must not know. It moves the loads of a loop that it can count to the
   * loop's beginning, more than 16 registers hold. Slicing both operands in each turn, B first,
   * leaves two checks that loads stay behind, instead of one for each load.
   */
  private final int one;

  Sgemm6x2v(int one) {
    this.one = one;
  }

  @Override
  public int rows() {
    return 6;
  }

  @Override
  public int columns() {
    return 2 * Lanes.COUNT;
  }

  @Override
  public void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c41 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    FloatVector c51 = FloatVector.zero(SPECIES);
    int step = one;
    for (int k = 0; k < depth; k += step) {
      MemorySegment bk = b.asSlice(bAt, 2 * VECTOR);
      MemorySegment ak = a.asSlice(aAt, Moves.GROUP_BYTES);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, bk, 0, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, bk, VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 0));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 4));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 8));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 12));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 16));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, ak.get(JAVA_FLOAT_UNALIGNED, 20));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      aAt += Moves.GROUP_BYTES;
      bAt += 2 * VECTOR;
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c01.intoMemorySegment(c, cAt + VECTOR, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c11.intoMemorySegment(c, cAt + cRow + VECTOR, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c21.intoMemorySegment(c, cAt + 2 * cRow + VECTOR, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c31.intoMemorySegment(c, cAt + 3 * cRow + VECTOR, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c41.intoMemorySegment(c, cAt + 4 * cRow + VECTOR, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    c51.intoMemorySegment(c, cAt + 5 * cRow + VECTOR, ORDER);
  }

  @Override
  public void runRows(
      int depth,
      MemorySegment a,
      long aAt,
      long aRow,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow) {
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c41 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    FloatVector c51 = FloatVector.zero(SPECIES);
    long row = (long) depth * Float.BYTES;
    MemorySegment a0 = a.asSlice(aAt, row);
    MemorySegment a1 = a.asSlice(aAt + aRow, row);
    MemorySegment a2 = a.asSlice(aAt + 2 * aRow, row);
    MemorySegment a3 = a.asSlice(aAt + 3 * aRow, row);
    MemorySegment a4 = a.asSlice(aAt + 4 * aRow, row);
    MemorySegment a5 = a.asSlice(aAt + 5 * aRow, row);
    int step = one;
    for (int k = 0; k < depth; k += step) {
      long at = k * (long) Float.BYTES;
      MemorySegment bk = b.asSlice(bAt, 2 * VECTOR);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, bk, 0, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, bk, VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, a0.get(JAVA_FLOAT_UNALIGNED, at));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, a1.get(JAVA_FLOAT_UNALIGNED, at));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(SPECIES, a2.get(JAVA_FLOAT_UNALIGNED, at));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, a3.get(JAVA_FLOAT_UNALIGNED, at));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, a4.get(JAVA_FLOAT_UNALIGNED, at));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, a5.get(JAVA_FLOAT_UNALIGNED, at));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      bAt += 2 * VECTOR;
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c01.intoMemorySegment(c, cAt + VECTOR, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c11.intoMemorySegment(c, cAt + cRow + VECTOR, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c21.intoMemorySegment(c, cAt + 2 * cRow + VECTOR, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c31.intoMemorySegment(c, cAt + 3 * cRow + VECTOR, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c41.intoMemorySegment(c, cAt + 4 * cRow + VECTOR, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    c51.intoMemorySegment(c, cAt + 5 * cRow + VECTOR, ORDER);
  }
}
