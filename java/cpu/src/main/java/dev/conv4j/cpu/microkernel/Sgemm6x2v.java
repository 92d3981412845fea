package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 6 rows of A times 2 vectors of B: 12 accumulators. */
final class Sgemm6x2v implements RowMicrokernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;
  private static final long PANEL = 2 * VECTOR;

  /** Bytes of a group of A for each that is read ahead; by these the loop counts. */
  private static final long GROUP_STEP = Moves.GROUP_BYTES / AHEAD_BYTES;

  /** Bytes of B for each. */
  private static final long PANEL_STEP = PANEL / AHEAD_BYTES;

  /**
   * A turn that does not come, which the compiler must not know. It moves the loads of a turn as
   * far ahead as it can, and more than 16 registers hold; loads stay behind a branch, as behind the
   * one for what is read ahead. Where the branches stand was found by trying.
   */
  private final int never;

  Sgemm6x2v(int never) {
    this.never = never;
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
  public int run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    MemorySegment left = NATIVE.cast(window(a, aAt, Moves.groupBytes(depth, 6)));
    aAt = placeOf(a, aAt);
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * PANEL));
    bAt = placeOf(b, bAt);
    MemorySegment ahead = NATIVE.cast(window(next, nextAt, (long) depth * AHEAD_BYTES));
    nextAt = placeOf(next, nextAt);
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES), c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES), c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES), c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES), c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES), c41 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES), c51 = FloatVector.zero(SPECIES);
    int met = 0;
    int end = depth * AHEAD_BYTES;
    for (int k = 0; k < end; k += AHEAD_BYTES) {
      long aK = aAt + k * GROUP_STEP;
      long bK = bAt + k * PANEL_STEP;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, right, bK + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 4));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      if (ahead.get(JAVA_INT_UNALIGNED, nextAt + k) == UNLIKELY) met++;
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 8));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 12));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 16));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 20));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
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
    return met;
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
      long cRow,
      MemorySegment ahead,
      long aheadAt) {
    b = NATIVE.cast(b);
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES), c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES), c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES), c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES), c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES), c41 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES), c51 = FloatVector.zero(SPECIES);
    long a1 = aAt + aRow;
    long a2 = aAt + 2 * aRow;
    long a3 = aAt + 3 * aRow;
    long a4 = aAt + 4 * aRow;
    long a5 = aAt + 5 * aRow;
    int bound = never;
    for (int k = 0; k < depth; k++) {
      long next = k * (long) Float.BYTES;
      long bK = bAt + k * PANEL;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bK, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, b, bK + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, aAt + next));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a1 + next));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      if (k == bound) {
        break;
      }
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a2 + next));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a3 + next));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a4 + next));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a5 + next));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
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
