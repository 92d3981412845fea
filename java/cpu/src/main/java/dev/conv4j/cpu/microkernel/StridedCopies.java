package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies every second or third element, by whole vectors. Methods return how many they copied: all,
 * or none of too few. Nothing is read behind the last one.
 */
final class StridedCopies {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int GROUP = Moves.GROUP;
  private static final long GROUP_BYTES = Moves.GROUP_BYTES;
  private static final VectorSpecies<Float> GROUP_SPECIES =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Math.min(Lanes.BITS, 256)));

  /** Every second element of two vectors. */
  private static final FloatVector EVEN = even(SPECIES, 0);

  /** The same where the second vector begins one element earlier. */
  private static final FloatVector LAST_EVEN = even(SPECIES, 1);

  private static final FloatVector GROUP_EVEN = even(GROUP_SPECIES, 1);

  /** Lanes of the second vector follow those of the first. */
  static FloatVector even(VectorSpecies<Float> species, int shift) {
    int lanes = species.length();
    float[] chosen = new float[lanes];
    for (int i = 0; i < lanes; i++) {
      chosen[i] = 2 * i < lanes ? 2 * i : 2 * i + shift;
    }
    return FloatVector.fromArray(species, chosen, 0);
  }

  /** Every third element of two vectors, as many as there are. */
  private static final FloatVector THIRDS = everyThird(false);

  /** Those, and behind them every third of a vector that ends with the last one. */
  private static final FloatVector THIRDS_AT_END = everyThird(true);

  private static FloatVector everyThird(boolean end) {
    float[] chosen = new float[LANES];
    for (int i = 0; i < LANES; i++) {
      boolean inTwo = 3 * i < 2 * LANES;
      int ofTwo = inTwo ? 3 * i : 0;
      int ofThree = inTwo ? i : 3 * i + 2 - LANES;
      chosen[i] = end ? ofThree : ofTwo;
    }
    return FloatVector.fromArray(SPECIES, chosen, 0);
  }

  /** The even or odd lanes of one group, in its lower half. */
  private static final VectorShuffle<Float> EVEN_LANES = everySecond(0);

  private static final VectorShuffle<Float> ODD_LANES = everySecond(1);

  private static VectorShuffle<Float> everySecond(int first) {
    int lanes = GROUP_SPECIES.length();
    return VectorShuffle.fromOp(GROUP_SPECIES, i -> (2 * i + first) % lanes);
  }

  private StridedCopies() {}

  /**
   * The last vector goes back to overlap the one before, and reads its upper half one element
   * earlier: the element behind the last one wanted may not exist.
   */
  static int seconds(MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    if (count < LANES) {
      if (LANES < GROUP || count <= GROUP / 2) {
        return 0;
      }
      return count < GROUP
          ? secondsByHalves(source, from, target, to, count)
          : secondsByGroups(source, from, target, to, count);
    }
    for (int i = 0; i < count - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector low = FloatVector.fromMemorySegment(SPECIES, source, from + 2 * at, ORDER);
      FloatVector high =
          FloatVector.fromMemorySegment(SPECIES, source, from + 2 * at + VECTOR, ORDER);
      EVEN.selectFrom(low, high).intoMemorySegment(target, to + at, ORDER);
    }
    long at = (long) (count - LANES) * Float.BYTES;
    long last = from + 2 * at;
    FloatVector low = FloatVector.fromMemorySegment(SPECIES, source, last, ORDER);
    FloatVector high =
        FloatVector.fromMemorySegment(SPECIES, source, last + VECTOR - Float.BYTES, ORDER);
    LAST_EVEN.selectFrom(low, high).intoMemorySegment(target, to + at, ORDER);
    return count;
  }

  /** The same for less than a vector: two groups that overlap. */
  private static int secondsByGroups(
      MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    long at = 0;
    for (int i = 0; i < 2; i++) {
      long first = from + 2 * at;
      FloatVector low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, first, ORDER);
      FloatVector high =
          FloatVector.fromMemorySegment(
              GROUP_SPECIES, source, first + GROUP_BYTES - Float.BYTES, ORDER);
      GROUP_EVEN.selectFrom(low, high).intoMemorySegment(target, to + at, ORDER);
      at = (long) (count - GROUP) * Float.BYTES;
    }
    return count;
  }

  /**
   * The same for more than half a group and less than one: the first half of it, and the last,
   * whose elements stand at the odd lanes of the group that ends with the last one.
   */
  private static int secondsByHalves(
      MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    long end = from + (2L * count - 1) * Float.BYTES - GROUP_BYTES;
    FloatVector first = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER);
    FloatVector last = FloatVector.fromMemorySegment(GROUP_SPECIES, source, end, ORDER);
    lowHalf(first.rearrange(EVEN_LANES)).intoMemorySegment(target, to, ORDER);
    long at = to + (count - GROUP / 2) * (long) Float.BYTES;
    lowHalf(last.rearrange(ODD_LANES)).intoMemorySegment(target, at, ORDER);
    return count;
  }

  /** The last vector goes back to overlap the one before. Nothing is read behind the last one. */
  static int thirds(MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    if (count < LANES) {
      return 0;
    }
    for (int i = 0; i < count; i += LANES) {
      long at = (long) Math.min(i, count - LANES) * Float.BYTES;
      long first = from + 3 * at;
      long last = first + 2 * VECTOR - 2 * Float.BYTES;
      FloatVector low = FloatVector.fromMemorySegment(SPECIES, source, first, ORDER);
      FloatVector middle = FloatVector.fromMemorySegment(SPECIES, source, first + VECTOR, ORDER);
      FloatVector high = FloatVector.fromMemorySegment(SPECIES, source, last, ORDER);
      THIRDS_AT_END
          .selectFrom(THIRDS.selectFrom(low, middle), high)
          .intoMemorySegment(target, to + at, ORDER);
    }
    return count;
  }

  private static FloatVector lowHalf(FloatVector group) {
    return (FloatVector) group.reinterpretShape(FloatVector.SPECIES_128, 0);
  }
}
