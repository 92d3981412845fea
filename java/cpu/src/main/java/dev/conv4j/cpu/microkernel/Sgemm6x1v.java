package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 6 rows of A times 1 vector of B: 6 accumulators. */
final class Sgemm6x1v implements RowMicrokernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** One, which the compiler must not know: see {@link Sconv6x2v}. */
  private final int one;

  Sgemm6x1v(int one) {
    this.one = one;
  }

  @Override
  public int rows() {
    return 6;
  }

  @Override
  public int columns() {
    return Lanes.COUNT;
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
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * VECTOR));
    aAt = placeOf(a, aAt);
    bAt = placeOf(b, bAt);
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    int step = one;
    for (int k = 0; k < depth; k += step) {
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bAt, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, (float) SixFloats.FIRST.get(left, aAt));
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(SPECIES, (float) SixFloats.SECOND.get(left, aAt));
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(SPECIES, (float) SixFloats.THIRD.get(left, aAt));
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(SPECIES, (float) SixFloats.FOURTH.get(left, aAt));
      c30 = x.fma(b0, c30);
      x = FloatVector.broadcast(SPECIES, (float) SixFloats.FIFTH.get(left, aAt));
      c40 = x.fma(b0, c40);
      x = FloatVector.broadcast(SPECIES, (float) SixFloats.SIXTH.get(left, aAt));
      c50 = x.fma(b0, c50);
      aAt += Moves.GROUP_BYTES;
      bAt += VECTOR;
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    return 0;
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
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    long a1 = aAt + aRow;
    long a2 = aAt + 2 * aRow;
    long a3 = aAt + 3 * aRow;
    long a4 = aAt + 4 * aRow;
    long a5 = aAt + 5 * aRow;
    for (int k = 0; k < depth; k++) {
      long next = k * (long) Float.BYTES;
      long bK = bAt + k * VECTOR;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bK, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, aAt + next));
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a1 + next));
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a2 + next));
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a3 + next));
      c30 = x.fma(b0, c30);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a4 + next));
      c40 = x.fma(b0, c40);
      x = FloatVector.broadcast(SPECIES, a.get(JAVA_FLOAT_UNALIGNED, a5 + next));
      c50 = x.fma(b0, c50);
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
  }
}
