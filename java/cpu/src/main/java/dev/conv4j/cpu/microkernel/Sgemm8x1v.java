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

/** 8 rows of A times 1 vector of B: 8 accumulators, for packed operands only. */
final class Sgemm8x1v implements Microkernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** Bytes of a group of A, by which the loop counts: that saves instructions of each turn. */
  private static final int GROUP_BYTES = (int) Moves.GROUP_BYTES;

  /** Bytes of B for each of those. */
  private static final long PANEL_STEP = VECTOR / GROUP_BYTES;

  @Override
  public int rows() {
    return 8;
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
    MemorySegment left = NATIVE.cast(window(a, aAt, Moves.groupBytes(depth, 8)));
    aAt = placeOf(a, aAt);
    MemorySegment right = NATIVE.cast(window(b, bAt, depth * VECTOR));
    bAt = placeOf(b, bAt);
    c = NATIVE.cast(c);
    FloatVector c0 = FloatVector.zero(SPECIES);
    FloatVector c1 = FloatVector.zero(SPECIES);
    FloatVector c2 = FloatVector.zero(SPECIES);
    FloatVector c3 = FloatVector.zero(SPECIES);
    FloatVector c4 = FloatVector.zero(SPECIES);
    FloatVector c5 = FloatVector.zero(SPECIES);
    FloatVector c6 = FloatVector.zero(SPECIES);
    FloatVector c7 = FloatVector.zero(SPECIES);
    int end = depth * GROUP_BYTES;
    for (int k = 0; k < end; k += GROUP_BYTES) {
      long aK = aAt + k;
      long bK = bAt + k * PANEL_STEP;
      FloatVector b0 = FloatVector.fromMemorySegment(SPECIES, right, bK, ORDER);
      FloatVector x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK));
      c0 = x.fma(b0, c0);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 4));
      c1 = x.fma(b0, c1);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 8));
      c2 = x.fma(b0, c2);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 12));
      c3 = x.fma(b0, c3);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 16));
      c4 = x.fma(b0, c4);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 20));
      c5 = x.fma(b0, c5);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 24));
      c6 = x.fma(b0, c6);
      x = FloatVector.broadcast(SPECIES, left.get(JAVA_FLOAT_UNALIGNED, aK + 28));
      c7 = x.fma(b0, c7);
    }
    c0.intoMemorySegment(c, cAt, ORDER);
    c1.intoMemorySegment(c, cAt + cRow, ORDER);
    c2.intoMemorySegment(c, cAt + 2 * cRow, ORDER);
    c3.intoMemorySegment(c, cAt + 3 * cRow, ORDER);
    c4.intoMemorySegment(c, cAt + 4 * cRow, ORDER);
    c5.intoMemorySegment(c, cAt + 5 * cRow, ORDER);
    c6.intoMemorySegment(c, cAt + 6 * cRow, ORDER);
    c7.intoMemorySegment(c, cAt + 7 * cRow, ORDER);
    return 0;
  }
}
