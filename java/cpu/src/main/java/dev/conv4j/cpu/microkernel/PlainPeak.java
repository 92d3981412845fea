package dev.conv4j.cpu.microkernel;

import java.util.Arrays;

/** Multiply-adds over a short array, which the compiler turns into vectors and keeps in cache. */
final class PlainPeak {

  static final int CHAINS = 128;

  private PlainPeak() {}

  /** Does {@code steps} multiply-adds in each chain; the result keeps them alive. */
  static float run(int steps, float factor) {
    float[] c = new float[CHAINS];
    for (int i = 0; i < steps; i += 8) {
      eight(c, factor, 1 - factor);
    }
    Arrays.sort(c);
    return c[0];
  }

  private static void eight(float[] c, float a, float b) {
    for (int j = 0; j < c.length; j++) {
      float v = c[j];
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      v = Math.fma(v, a, b);
      c[j] = Math.fma(v, a, b);
    }
  }
}
