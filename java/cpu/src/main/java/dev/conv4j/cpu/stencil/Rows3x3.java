package dev.conv4j.cpu.stencil;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A 3×3 filter: taps stay in registers, 12 loads serve 18 products. */
final class Rows3x3 implements RowKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public boolean readsSums() {
    return false;
  }

  @Override
  public void run(
      MemorySegment x,
      long[] rowsAt,
      MemorySegment w,
      long wAt,
      MemorySegment y,
      long upperAt,
      long lowerAt,
      int vectors,
      MemorySegment spare,
      long spareAt) {
    boolean two = lowerAt >= 0;
    MemorySegment r0 = NATIVE.cast(x.asSlice(rowsAt[0]));
    MemorySegment r1 = NATIVE.cast(x.asSlice(rowsAt[1]));
    MemorySegment r2 = NATIVE.cast(x.asSlice(rowsAt[2]));
    MemorySegment r3 = NATIVE.cast(x.asSlice(rowsAt[3]));
    MemorySegment y0 = NATIVE.cast(y.asSlice(upperAt));
    MemorySegment y1 = NATIVE.cast((two ? y : spare).asSlice(two ? lowerAt : spareAt));
    FloatVector w0 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt));
    FloatVector w1 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 4));
    FloatVector w2 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 8));
    FloatVector w3 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 12));
    FloatVector w4 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 16));
    FloatVector w5 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 20));
    FloatVector w6 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 24));
    FloatVector w7 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 28));
    FloatVector w8 = FloatVector.broadcast(SPECIES, w.get(JAVA_FLOAT_UNALIGNED, wAt + 32));
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int k = 0; k < vectors; k++) {
      long at = k * VECTOR;
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, r0, at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, r0, at + 4, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(SPECIES, r0, at + 8, ORDER);
      FloatVector u = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
      a = FloatVector.fromMemorySegment(SPECIES, r1, at, ORDER);
      b = FloatVector.fromMemorySegment(SPECIES, r1, at + 4, ORDER);
      c = FloatVector.fromMemorySegment(SPECIES, r1, at + 8, ORDER);
      u = c.fma(w5, b.fma(w4, a.fma(w3, u)));
      FloatVector v = c.fma(w2, b.fma(w1, a.fma(w0, zero)));
      a = FloatVector.fromMemorySegment(SPECIES, r2, at, ORDER);
      b = FloatVector.fromMemorySegment(SPECIES, r2, at + 4, ORDER);
      c = FloatVector.fromMemorySegment(SPECIES, r2, at + 8, ORDER);
      c.fma(w8, b.fma(w7, a.fma(w6, u))).intoMemorySegment(y0, at, ORDER);
      v = c.fma(w5, b.fma(w4, a.fma(w3, v)));
      a = FloatVector.fromMemorySegment(SPECIES, r3, at, ORDER);
      b = FloatVector.fromMemorySegment(SPECIES, r3, at + 4, ORDER);
      c = FloatVector.fromMemorySegment(SPECIES, r3, at + 8, ORDER);
      c.fma(w8, b.fma(w7, a.fma(w6, v))).intoMemorySegment(y1, at, ORDER);
    }
  }
}
