package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 8 filters times 2 vectors of points: 16 accumulators. */
final class Sconv8x2v implements PlaneKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final long FILTER_BYTES = 8L * Float.BYTES;

  /** Bytes of a product's filters for each byte of its place. */
  private static final long FILTERS = FILTER_BYTES / Long.BYTES;

  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  @Override
  public int filters() {
    return 8;
  }

  @Override
  public int points() {
    return 2 * Lanes.COUNT;
  }

  @Override
  public void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment places,
      long farthest,
      MemorySegment c,
      long cAt,
      long cRow,
      int tiles,
      long aheadAt) {
    MemorySegment left = NATIVE.cast(window(a, aAt, (long) depth * FILTER_BYTES));
    MemorySegment table = NATIVE.cast(window(places, 0, (long) depth * Long.BYTES));
    aAt = placeOf(a, aAt);
    long tableAt = placeOf(places, 0);
    c = NATIVE.cast(c);
    for (int tile = 0; tile < tiles; tile++, bAt += 2 * VECTOR, cAt += 2 * VECTOR) {
      MemorySegment right = NATIVE.cast(b.asSlice(bAt));
      FloatVector zero = FloatVector.zero(SPECIES);
      FloatVector c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
      FloatVector c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
      FloatVector c60 = zero, c61 = zero, c70 = zero, c71 = zero;
      for (int k = 0, end = depth * Long.BYTES; k < end; k += Long.BYTES) {
        long aK = aAt + k * FILTERS, at = table.get(JAVA_LONG_UNALIGNED, tableAt + k);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, at, ORDER);
        FloatVector b1 = FloatVector.fromMemorySegment(SPECIES, right, at + VECTOR, ORDER);
        FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
        c00 = x.fma(b0, c00);
        c01 = x.fma(b1, c01);
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
        x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 28));
        c70 = x.fma(b0, c70);
        c71 = x.fma(b1, c71);
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
      c70.intoMemorySegment(c, cAt + 7 * cRow, ORDER);
      c71.intoMemorySegment(c, cAt + 7 * cRow + VECTOR, ORDER);
    }
  }
}
