package dev.conv4j.cpu.winograd;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The input's transform to {@link FourPoints}. */
final class FourPointInput implements LineKernel {

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
    for (int line = 0; line < count; line++) {
      FloatVector x0 = FloatVector.fromMemorySegment(SPECIES, source, at, ORDER);
      FloatVector x1 = FloatVector.fromMemorySegment(SPECIES, source, at + step, ORDER);
      FloatVector x2 = FloatVector.fromMemorySegment(SPECIES, source, at + 2 * step, ORDER);
      FloatVector x3 = FloatVector.fromMemorySegment(SPECIES, source, at + 3 * step, ORDER);
      x0.sub(x2).intoMemorySegment(target, to, ORDER);
      x1.add(x2).intoMemorySegment(target, to + toStep, ORDER);
      x2.sub(x1).intoMemorySegment(target, to + 2 * toStep, ORDER);
      x3.sub(x1).intoMemorySegment(target, to + 3 * toStep, ORDER);
      at += next;
      to += toNext;
    }
  }
}
