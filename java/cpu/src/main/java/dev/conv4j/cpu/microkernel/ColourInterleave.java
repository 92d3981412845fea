package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Three planes become pixels of three: what pictures come as, and what the first layer of a network
 * reads best. A vector of each plane makes three vectors of pixels, by two selections each.
 */
final class ColourInterleave {

  /** Planes, and elements of a pixel. */
  static final int COLOURS = 3;

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private static final FloatVector FIRST_TWO_0 = firstTwo(0);
  private static final FloatVector FIRST_TWO_1 = firstTwo(1);
  private static final FloatVector FIRST_TWO_2 = firstTwo(2);
  private static final FloatVector THIRD_0 = third(0);
  private static final FloatVector THIRD_1 = third(1);
  private static final FloatVector THIRD_2 = third(2);

  private ColourInterleave() {}

  /** For lanes of the first two colours where they are in those colours' vectors. */
  private static FloatVector firstTwo(int part) {
    float[] lanes = new float[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      int element = part * LANES + lane;
      boolean second = element % COLOURS == 1;
      lanes[lane] = element / COLOURS + (second ? LANES : 0);
    }
    return FloatVector.fromArray(SPECIES, lanes, 0);
  }

  /** For lanes of the third colour where they are behind what the others have become. */
  private static FloatVector third(int part) {
    float[] lanes = new float[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      int element = part * LANES + lane;
      lanes[lane] = element % COLOURS == 2 ? LANES + element / COLOURS : lane;
    }
    return FloatVector.fromArray(SPECIES, lanes, 0);
  }

  /**
   * Makes pixels, as many as whole vectors reach.
   *
   * @param plane bytes from a plane to the next
   * @param count pixels
   * @return the pixels made
   */
  static int run(
      MemorySegment planes, long from, long plane, MemorySegment pixels, long to, int count) {
    planes = NATIVE.cast(planes);
    pixels = NATIVE.cast(pixels);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      long at = from + (long) i * Float.BYTES;
      long out = to + (long) i * COLOURS * Float.BYTES;
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, planes, at, ORDER);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, planes, at + plane, ORDER);
      FloatVector c = FloatVector.fromMemorySegment(SPECIES, planes, at + 2 * plane, ORDER);
      THIRD_0.selectFrom(FIRST_TWO_0.selectFrom(a, b), c).intoMemorySegment(pixels, out, ORDER);
      THIRD_1
          .selectFrom(FIRST_TWO_1.selectFrom(a, b), c)
          .intoMemorySegment(pixels, out + VECTOR, ORDER);
      THIRD_2
          .selectFrom(FIRST_TWO_2.selectFrom(a, b), c)
          .intoMemorySegment(pixels, out + 2 * VECTOR, ORDER);
    }
    return i;
  }
}
