package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.PLACES;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 7 rows of A times 2 vectors of B: 14 accumulators. */
final class Sgemm7x2v implements RowMicrokernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** Bytes of a group of A for each that is read ahead; by these the loop counts. */
  private static final long GROUP_STEP = Moves.GROUP_BYTES / AHEAD_BYTES;

  /** Bytes of B for each. */
  private static final long PANEL_STEP = 2 * VECTOR / AHEAD_BYTES;

  @Override
  public int rows() {
    return 7;
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
    MemorySegment left = NATIVE.cast(window(a, aAt, Moves.groupBytes(depth, 7)));
    aAt = placeOf(a, aAt);
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * (2 * VECTOR)));
    bAt = placeOf(b, bAt);
    MemorySegment ahead = NATIVE.cast(window(next, nextAt, (long) depth * AHEAD_BYTES));
    nextAt = placeOf(next, nextAt);
    c = NATIVE.cast(c);
    FloatVector zero = FloatVector.zero(SPECIES);
    FloatVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
    FloatVector c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
    FloatVector c60 = zero, c61 = zero;
    int met = 0, end = depth * AHEAD_BYTES;
    for (int k = 0; k < end; k += AHEAD_BYTES) {
      long aK = aAt + k * GROUP_STEP, bK = bAt + k * PANEL_STEP;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, right, bK + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      if (ahead.get(JAVA_INT_UNALIGNED, nextAt + k) == UNLIKELY) met++;
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 4));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
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
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 24));
      c60 = x.fma(b0, c60);
      c61 = x.fma(b1, c61);
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
    c60.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
    c61.intoMemorySegment(c, cAt + 6 * cRow + VECTOR, ORDER);
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
      MemorySegment next,
      long nextAt) {
    MemorySegment left = NATIVE.cast(window(a, aAt, 6 * aRow + (long) depth * Float.BYTES));
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * (2 * VECTOR)));
    bAt = placeOf(b, bAt);
    long a0 = placeOf(a, aAt), a1 = (a0 + aRow) & PLACES, a2 = (a0 + 2 * aRow) & PLACES;
    long a3 = (a0 + 3 * aRow) & PLACES, a4 = (a0 + 4 * aRow) & PLACES;
    long a5 = (a0 + 5 * aRow) & PLACES, a6 = (a0 + 6 * aRow) & PLACES;
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES), c01 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES), c11 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES), c21 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES), c31 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES), c41 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES), c51 = FloatVector.zero(SPECIES);
    FloatVector c60 = FloatVector.zero(SPECIES), c61 = FloatVector.zero(SPECIES);
    int end = Objects.checkIndex(depth, DEPTHS) * Float.BYTES;
    for (int k = 0; k < end; k += Float.BYTES) {
      long bK = bAt + k * (2 * VECTOR / Float.BYTES);
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, right, bK + VECTOR, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a0 + k));
      c00 = x.fma(b0, c00);
      c01 = x.fma(b1, c01);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a1 + k));
      c10 = x.fma(b0, c10);
      c11 = x.fma(b1, c11);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a2 + k));
      c20 = x.fma(b0, c20);
      c21 = x.fma(b1, c21);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a3 + k));
      c30 = x.fma(b0, c30);
      c31 = x.fma(b1, c31);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a4 + k));
      c40 = x.fma(b0, c40);
      c41 = x.fma(b1, c41);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a5 + k));
      c50 = x.fma(b0, c50);
      c51 = x.fma(b1, c51);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, a6 + k));
      c60 = x.fma(b0, c60);
      c61 = x.fma(b1, c61);
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
    c60.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
    c61.intoMemorySegment(c, cAt + 6 * cRow + VECTOR, ORDER);
  }
}
