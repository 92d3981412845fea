package dev.conv4j.cpu.winograd;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** A line of one vector, copied: some of a pixel's channels, from channels last. */
final class CopyPixels implements LineKernel {

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
      FloatVector.fromMemorySegment(SPECIES, source, at, ORDER)
          .intoMemorySegment(target, to, ORDER);
      at += next;
      to += toNext;
    }
  }
}
