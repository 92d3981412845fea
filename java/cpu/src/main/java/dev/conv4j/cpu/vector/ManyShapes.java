package dev.conv4j.cpu.vector;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Lets the JDK's vector methods meet more than two shapes before a kernel is compiled.
 *
 * <p>HotSpot remembers for each call within them the classes of up to two receivers. Where it has
 * seen exactly two, as where kernels use 512 bits and some copies 256, it may inline both behind a
 * look at the class, for which the vector must be an object: such a loop takes three to eleven
 * times as long. With a third it takes the call for one of many and waits until it knows the
 * receiver, which it always does. See DESIGN.md.
 */
public final class ManyShapes {

  private static final List<VectorSpecies<Float>> SPECIES =
      List.of(FloatVector.SPECIES_64, FloatVector.SPECIES_128, FloatVector.SPECIES_256);

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Calls are remembered from some 256 of a method on, and those that count come after. */
  private static final int ROUNDS = 300;

  private static final AtomicBoolean BEGUN = new AtomicBoolean();
  private static boolean met;

  private ManyShapes() {}

  /** With 16 registers kernels are laid out for the code that two shapes lead to. */
  private static boolean areOfUse() {
    return Lanes.BITS == 512;
  }

  /** Has another thread do it: it takes a tenth of a second, and kernels are compiled later. */
  public static void meetSoon() {
    if (areOfUse() && BEGUN.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("conv4j-shapes").start(ManyShapes::meet);
    }
  }

  /** Does it, once in this JVM, or waits for the thread that does. */
  public static synchronized void meet() {
    if (met || !areOfUse()) {
      return;
    }
    met = true;
    float[] array = new float[64];
    // A confined one would be remembered, too, by the look at a segment's session.
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(256, 64);
      for (int round = 0; round < ROUNDS; round++) {
        for (VectorSpecies<Float> species : SPECIES) {
          use(species, memory, array);
        }
      }
    }
  }

  /** Every kind of operation that kernels consist of. */
  private static void use(VectorSpecies<Float> species, MemorySegment memory, float[] array) {
    memory = NATIVE.cast(memory);
    FloatVector a = FloatVector.fromMemorySegment(species, memory, 0, ORDER);
    FloatVector b = FloatVector.fromArray(species, array, 0);
    FloatVector x = FloatVector.broadcast(species, 2).fma(a, FloatVector.zero(species));
    x = x.add(a).sub(b).mul(a).max(b).min(a).div(x).abs().neg();
    VectorMask<Float> greater = x.compare(VectorOperators.GT, a);
    x = x.blend(b, greater.or(b.compare(VectorOperators.NE, b)));
    VectorShuffle<Float> turned = VectorShuffle.iota(species, 0, 1, true);
    x = x.rearrange(turned).rearrange(turned, a);
    x = FloatVector.zero(species).selectFrom(x, a);
    x = ((FloatVector) x.reinterpretShape(species, 0)).lanewise(VectorOperators.SQRT);
    x.intoMemorySegment(memory, 0, ORDER);
    x.intoMemorySegment(memory, 0, ORDER, species.indexInRange(0, 1));
    x.intoArray(array, 0);
    array[0] = x.reduceLanes(VectorOperators.ADD);
  }
}
