package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.vector.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Twelve chains of vector multiply-adds: two units of up to six cycles latency stay busy. The chain
 * is the addend, which the instruction overwrites; as a factor it would cost a move each time.
 */
final class VectorPeak {

  static final int CHAINS = 12;

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;

  private VectorPeak() {}

  /** Does {@code steps} multiply-adds in each chain; the result keeps them alive. */
  static float run(int steps, float factor) {
    FloatVector a = FloatVector.broadcast(SPECIES, factor);
    FloatVector b = FloatVector.broadcast(SPECIES, 1 - factor);
    FloatVector c0 = FloatVector.broadcast(SPECIES, 0);
    FloatVector c1 = FloatVector.broadcast(SPECIES, 1);
    FloatVector c2 = FloatVector.broadcast(SPECIES, 2);
    FloatVector c3 = FloatVector.broadcast(SPECIES, 3);
    FloatVector c4 = FloatVector.broadcast(SPECIES, 4);
    FloatVector c5 = FloatVector.broadcast(SPECIES, 5);
    FloatVector c6 = FloatVector.broadcast(SPECIES, 6);
    FloatVector c7 = FloatVector.broadcast(SPECIES, 7);
    FloatVector c8 = FloatVector.broadcast(SPECIES, 8);
    FloatVector c9 = FloatVector.broadcast(SPECIES, 9);
    FloatVector c10 = FloatVector.broadcast(SPECIES, 10);
    FloatVector c11 = FloatVector.broadcast(SPECIES, 11);
    for (int i = 0; i < steps; i++) {
      c0 = a.fma(b, c0);
      c1 = a.fma(b, c1);
      c2 = a.fma(b, c2);
      c3 = a.fma(b, c3);
      c4 = a.fma(b, c4);
      c5 = a.fma(b, c5);
      c6 = a.fma(b, c6);
      c7 = a.fma(b, c7);
      c8 = a.fma(b, c8);
      c9 = a.fma(b, c9);
      c10 = a.fma(b, c10);
      c11 = a.fma(b, c11);
    }
    c0 =
        c0.add(c1)
            .add(c2)
            .add(c3)
            .add(c4)
            .add(c5)
            .add(c6)
            .add(c7)
            .add(c8)
            .add(c9)
            .add(c10)
            .add(c11);
    return c0.lane(0);
  }
}
