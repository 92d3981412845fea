package dev.conv4j.cpu;

import dev.conv4j.Shape;
import java.util.Random;

/** Small whole numbers: sums of their products are exact in any order. */
public final class Integers {

  private Integers() {}

  /** Returns a value for each element of a shape. */
  public static float[] random(Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-8, 9);
    }
    return values;
  }
}
