package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static dev.conv4j.cpu.memory.NativeMemory.placeOf;
import static dev.conv4j.cpu.memory.NativeMemory.window;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** 6 filters times 1 vector of points: 6 accumulators. */
final class Sconv6x1v implements PlaneKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** One, which the compiler must not know: see {@link Sconv6x2v}. */
  private final int one;

  Sconv6x1v(int one) {
    this.one = one;
  }

  @Override
  public int filters() {
    return 6;
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
    MemorySegment left = NATIVE.cast(window(a, aAt, depth * SixFloats.BYTES));
    MemorySegment table = NATIVE.cast(window(places, 0, (long) depth * Long.BYTES));
    aAt = placeOf(a, aAt);
    long tableAt = placeOf(places, 0);
    b = NATIVE.cast(b);
    c = NATIVE.cast(c);
    int step = one;
    for (int tile = 0; tile < tiles; tile++, bAt += VECTOR, cAt += VECTOR) {
      FloatVector c00 = FloatVector.zero(SPECIES);
      FloatVector c10 = FloatVector.zero(SPECIES);
      FloatVector c20 = FloatVector.zero(SPECIES);
      FloatVector c30 = FloatVector.zero(SPECIES);
      FloatVector c40 = FloatVector.zero(SPECIES);
      FloatVector c50 = FloatVector.zero(SPECIES);
      long aK = aAt - SixFloats.BYTES;
      for (int k = 0; k < depth; k += step) {
        long bK = bAt + table.get(JAVA_LONG_UNALIGNED, tableAt + (long) k * Long.BYTES);
        aK += SixFloats.BYTES;
        FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, b, bK, ORDER);
        FloatVector x = FloatVector.broadcast(SPECIES, (float) SixFloats.FIRST.get(left, aK));
        c00 = x.fma(b0, c00);
        x = FloatVector.broadcast(SPECIES, (float) SixFloats.SECOND.get(left, aK));
        c10 = x.fma(b0, c10);
        x = FloatVector.broadcast(SPECIES, (float) SixFloats.THIRD.get(left, aK));
        c20 = x.fma(b0, c20);
        x = FloatVector.broadcast(SPECIES, (float) SixFloats.FOURTH.get(left, aK));
        c30 = x.fma(b0, c30);
        x = FloatVector.broadcast(SPECIES, (float) SixFloats.FIFTH.get(left, aK));
        c40 = x.fma(b0, c40);
        x = FloatVector.broadcast(SPECIES, (float) SixFloats.SIXTH.get(left, aK));
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
}
