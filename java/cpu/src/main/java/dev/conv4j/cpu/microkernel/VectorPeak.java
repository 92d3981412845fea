package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.vector.Lanes;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Twelve chains of vector multiply-adds: two units of up to six cycles latency stay busy. */
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
      c0 = c0.fma(a, b);
      c1 = c1.fma(a, b);
      c2 = c2.fma(a, b);
      c3 = c3.fma(a, b);
      c4 = c4.fma(a, b);
      c5 = c5.fma(a, b);
      c6 = c6.fma(a, b);
      c7 = c7.fma(a, b);
      c8 = c8.fma(a, b);
      c9 = c9.fma(a, b);
      c10 = c10.fma(a, b);
      c11 = c11.fma(a, b);
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
