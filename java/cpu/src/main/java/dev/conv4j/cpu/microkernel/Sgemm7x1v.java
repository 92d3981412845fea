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

/** 7 rows of A times 1 vector of B: 7 accumulators. */
final class Sgemm7x1v implements RowMicrokernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  @Override
  public int rows() {
    return 7;
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
    MemorySegment left = NATIVE.cast(window(a, aAt, Moves.groupBytes(depth, 7)));
    aAt = placeOf(a, aAt);
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * VECTOR));
    bAt = placeOf(b, bAt);
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    FloatVector c60 = FloatVector.zero(SPECIES);
    for (int k = 0; k < depth; k++) {
      long aK = aAt + k * Moves.GROUP_BYTES;
      long bK = bAt + k * VECTOR;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 4));
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 8));
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 12));
      c30 = x.fma(b0, c30);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 16));
      c40 = x.fma(b0, c40);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 20));
      c50 = x.fma(b0, c50);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 24));
      c60 = x.fma(b0, c60);
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    c60.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
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
      MemorySegment next,
      long nextAt) {
    MemorySegment left = NATIVE.cast(a.asSlice(aAt));
    MemorySegment right = NATIVE.cast(b.asSlice(bAt));
    c = NATIVE.cast(c);
    FloatVector c00 = FloatVector.zero(SPECIES);
    FloatVector c10 = FloatVector.zero(SPECIES);
    FloatVector c20 = FloatVector.zero(SPECIES);
    FloatVector c30 = FloatVector.zero(SPECIES);
    FloatVector c40 = FloatVector.zero(SPECIES);
    FloatVector c50 = FloatVector.zero(SPECIES);
    FloatVector c60 = FloatVector.zero(SPECIES);
    for (int k = 0; k < depth; k++) {
      long aK = k * (long) Float.BYTES;
      long bK = k * VECTOR;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
      c00 = x.fma(b0, c00);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + aRow));
      c10 = x.fma(b0, c10);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 2 * aRow));
      c20 = x.fma(b0, c20);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 3 * aRow));
      c30 = x.fma(b0, c30);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 4 * aRow));
      c40 = x.fma(b0, c40);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 5 * aRow));
      c50 = x.fma(b0, c50);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 6 * aRow));
      c60 = x.fma(b0, c60);
    }
    c00.intoMemorySegment(c, cAt, ORDER);
    c10.intoMemorySegment(c, cAt + cRow, ORDER);
    c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    c60.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
  }
}
