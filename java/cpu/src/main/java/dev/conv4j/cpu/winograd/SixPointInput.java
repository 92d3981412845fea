package dev.conv4j.cpu.winograd;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The input's transform to {@link SixPoints}. */
final class SixPointInput implements LineKernel {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @Override
  public void run(
      MemorySegment source,
      long at,
      long step,
      long next,
      MemorySegment target,
      long to,
      long toStep,
      long toNext,
      int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    FloatVector negA = FloatVector.broadcast(SPECIES, -SixPoints.A * SixPoints.A);
    FloatVector negB = FloatVector.broadcast(SPECIES, -SixPoints.B * SixPoints.B);
    FloatVector a = FloatVector.broadcast(SPECIES, SixPoints.A);
    FloatVector b = FloatVector.broadcast(SPECIES, SixPoints.B);
    FloatVector product =
        FloatVector.broadcast(SPECIES, SixPoints.A * SixPoints.A * SixPoints.B * SixPoints.B);
    FloatVector negSum =
        FloatVector.broadcast(SPECIES, -(SixPoints.A * SixPoints.A + SixPoints.B * SixPoints.B));
    for (int line = 0; line < count; line++) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, at + step, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, at + 2 * step, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, at + 3 * step, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, source, at + 4 * step, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, source, at + 5 * step, ORDER);
      FloatVector evenA = x2.fma(negB, x4);
      FloatVector oddA = x1.fma(negB, x3).mul(a);
      FloatVector evenB = x2.fma(negA, x4);
      FloatVector oddB = x1.fma(negA, x3).mul(b);
      x0.fma(product, x2.fma(negSum, x4)).intoMemorySegment(target, to, ORDER);
      evenA.add(oddA).intoMemorySegment(target, to + toStep, ORDER);
      evenA.sub(oddA).intoMemorySegment(target, to + 2 * toStep, ORDER);
      evenB.add(oddB).intoMemorySegment(target, to + 3 * toStep, ORDER);
      evenB.sub(oddB).intoMemorySegment(target, to + 4 * toStep, ORDER);
      x1.fma(product, x3.fma(negSum, x5)).intoMemorySegment(target, to + 5 * toStep, ORDER);
      at += next;
      to += toNext;
    }
  }
}
