package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.vector.Lanes;
import jdk.incubator.vector.VectorShuffle;

/** Every second lane of two vectors. */
final class EverySecond {

  private EverySecond() {}

  /** Lanes of the second vector are counted from minus their number. */
  static VectorShuffle<Float> from(int first) {
    int lanes = Lanes.COUNT;
    return VectorShuffle.fromOp(
        Lanes.F32, i -> 2 * i < lanes ? 2 * i + first : 2 * i + first - 2 * lanes);
  }
}
