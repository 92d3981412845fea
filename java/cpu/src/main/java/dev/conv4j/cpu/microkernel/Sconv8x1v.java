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

/** 8 filters times 1 vector of points: 8 accumulators. */
final class Sconv8x1v implements PlaneKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  private static final long FILTER_BYTES = 8L * Float.BYTES;

  /** Bytes of a product's filters for each byte of its place. */
  private static final long FILTERS = FILTER_BYTES / Long.BYTES;

  @Override
  public int filters() {
    return 8;
  }

  @Override
  public int points() {
    return Lanes.COUNT;
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
    for (int tile = 0; tile < tiles; tile++, bAt += VECTOR, cAt += VECTOR) {
      MemorySegment right = NATIVE.cast(b.asSlice(bAt));
      FloatVector c00 = FloatVector.zero(SPECIES);
      FloatVector c10 = FloatVector.zero(SPECIES);
      FloatVector c20 = FloatVector.zero(SPECIES);
      FloatVector c30 = FloatVector.zero(SPECIES);
      FloatVector c40 = FloatVector.zero(SPECIES);
      FloatVector c50 = FloatVector.zero(SPECIES);
      FloatVector c60 = FloatVector.zero(SPECIES);
      FloatVector c70 = FloatVector.zero(SPECIES);
      for (int k = 0, end = depth * Long.BYTES; k < end; k += Long.BYTES) {
        long aK = aAt + k * FILTERS, at = table.get(JAVA_LONG_UNALIGNED, tableAt + k);
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, at, ORDER);
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
        x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 28));
        c70 = x.fma(b0, c70);
      }
      c00.intoMemorySegment(c, cAt, ORDER);
      c10.intoMemorySegment(c, cAt + cRow, ORDER);
      c20.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
      c30.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
      c40.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
      c50.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
      c60.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
      c70.intoMemorySegment(c, cAt + 7 * cRow, ORDER);
    }
  }
}
