package dev.conv4j.cpu.vector;

import dev.conv4j.cpu.machine.VectorSupport;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The one vector width of this JVM. Kernels copy it into a {@code private static final} species of
 * their own: the compiler only emits vector instructions for a species it sees as a constant.
 * Loaded only where {@link VectorSupport#isUsable()}.
 */
public final class Lanes {

  /** Width in bits: the machine's, or less where a test asks for it. */
  public static final int BITS =
      Math.min(VectorSupport.requestedBits(), VectorShape.preferredShape().vectorBitSize());

  /** Vectors of f32. */
  public static final VectorSpecies<Float> F32 =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));

  /** Elements of f32 in a vector. */
  public static final int COUNT = F32.length();

  private Lanes() {}

  /** Returns the species as the JDK names it, for reports. */
  public static String describe() {
    String preferred = BITS == FloatVector.SPECIES_PREFERRED.vectorBitSize() ? "" : ", forced";
    return BITS + " bits, " + COUNT + " lanes of f32" + preferred;
  }
}
