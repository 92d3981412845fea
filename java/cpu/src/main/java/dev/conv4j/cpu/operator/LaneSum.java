package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.vector.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sum of a vector's lanes, halves first. {@code reduceLanes(ADD)} leaves the order open, and
 * indeed gives other bits once the compiler has replaced it.
 */
final class LaneSum {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final VectorShuffle<Float> BY_8 = rotated(8);
  private static final VectorShuffle<Float> BY_4 = rotated(4);
  private static final VectorShuffle<Float> BY_2 = rotated(2);
  private static final VectorShuffle<Float> BY_1 = rotated(1);

  private LaneSum() {}

  private static VectorShuffle<Float> rotated(int by) {
    return VectorShuffle.fromOp(SPECIES, i -> (i + by) % LANES);
  }

  static float of(FloatVector vector) {
    FloatVector v = vector;
    if (LANES > 8) {
      v = v.add(v.rearrange(BY_8));
    }
    if (LANES > 4) {
      v = v.add(v.rearrange(BY_4));
    }
    if (LANES > 2) {
      v = v.add(v.rearrange(BY_2));
    }
    return v.add(v.rearrange(BY_1)).lane(0);
  }
}
