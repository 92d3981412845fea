package dev.conv4j.cpu.winograd;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Four results from {@link SixPoints}, for filters of three taps. */
final class SixPointOutputFour implements LineKernel {

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
    FloatVector a = FloatVector.broadcast(SPECIES, SixPoints.A);
    FloatVector b = FloatVector.broadcast(SPECIES, SixPoints.B);
    FloatVector aa = FloatVector.broadcast(SPECIES, SixPoints.A * SixPoints.A);
    FloatVector bb = FloatVector.broadcast(SPECIES, SixPoints.B * SixPoints.B);
    FloatVector aaa = FloatVector.broadcast(SPECIES, SixPoints.A * SixPoints.A * SixPoints.A);
    FloatVector bbb = FloatVector.broadcast(SPECIES, SixPoints.B * SixPoints.B * SixPoints.B);
    for (int line = 0; line < count; line++) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, at + step, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, at + 2 * step, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, at + 3 * step, ORDER);
      FloatVector x4 = FloatVector.fromMemorySegment(SPECIES, source, at + 4 * step, ORDER);
      FloatVector x5 = FloatVector.fromMemorySegment(SPECIES, source, at + 5 * step, ORDER);
      FloatVector sumA = x1.add(x2);
      FloatVector difA = x1.sub(x2);
      FloatVector sumB = x3.add(x4);
      FloatVector difB = x3.sub(x4);
      sumA.add(sumB).add(x0).intoMemorySegment(target, to, ORDER);
      difB.fma(b, difA.mul(a)).intoMemorySegment(target, to + toStep, ORDER);
      sumB.fma(bb, sumA.mul(aa)).intoMemorySegment(target, to + 2 * toStep, ORDER);
      difB.fma(bbb, difA.fma(aaa, x5)).intoMemorySegment(target, to + 3 * toStep, ORDER);
      at += next;
      to += toNext;
    }
  }
}
