package dev.conv4j.cpu.epilogue;

/**
 * Activations in f32, within a few ulp of the largest intermediate value. The vector versions do
 * the same operations in the same order, so that an element has the same bits in a vector, in a
 * row's rest, and in a JVM without vectors. Every operation is an IEEE one; NaN gives NaN.
 */
final class ScalarMath {

  static final float LOG2_E = 1.442695f;

  /** Added and subtracted, it rounds to an integer, which then stands in the low bits. */
  static final float ROUNDER = 0x1.8p23f;

  static final float LN2_HIGH = 0.6933594f;
  static final float LN2_LOW = -2.1219444e-4f;

  /** Below this, e^x is taken for zero: the last whole exponent before denormal numbers. */
  static final float SMALLEST_EXPONENT = -87;

  /** {@code (e^r - 1 - r) / r²} on ±ln2/2 (Cephes, expf), highest power first. */
  static final float[] EXP = {
    1.9875691e-4f, 0.0013981999f, 0.008333452f, 0.041665796f, 0.16666666f, 0.5f
  };

  /** Below this, tanh is a polynomial. */
  static final float TANH_SMALL = 0.625f;

  /** {@code (tanh v - v) / v³} in v² (Cephes, tanhf), highest power first. */
  static final float[] TANH = {
    -0.0057049887f, 0.020639088f, -0.053739715f, 0.13331442f, -0.3333328f
  };

  /** Beyond this, the upper tail of the normal distribution is zero in f32. */
  static final float NORMAL_RANGE = 14;

  /** {@code 1 / (2·√2)}. */
  static final float NORMAL_SCALE = 0.35355338f;

  /**
   * {@code erfc(z)·e^z² / (2t)} with {@code t = 1/(1 + z/2)} in {@code u = 2.4·t - 1.4}, a least
   * squares fit over z from 0 to 10 with a relative error of 4e-9; highest power first.
   */
  static final float[] NORMAL_TAIL = {
    2.8158468e-6f, 3.3363453e-6f, -3.3526598e-5f, 2.3485136e-6f, 2.9854654e-4f,
    -3.0983356e-4f, -0.0030772483f, 0.0029814104f, 0.051014915f, 0.16311125f,
    0.28600597f
  };

  private ScalarMath() {}

  static float leakyRelu(float v, float slope) {
    return v >= 0 ? v : slope * v;
  }

  static float clip(float v, float low, float high) {
    float raised = v <= low ? low : v;
    return raised >= high ? high : raised;
  }

  static float hardSwish(float v) {
    return v * (clip(v + 3, 0, 6) / 6);
  }

  /** {@code 1 / (1 + e^-v)}, by the exponential of the negative argument, which cannot overflow. */
  static float sigmoid(float v) {
    float e = expOfNegative(-Math.abs(v));
    return (v < 0 ? e : 1) / (1 + e);
  }

  static float silu(float v) {
    return v * sigmoid(v);
  }

  static float tanh(float v) {
    float a = Math.abs(v);
    if (a < TANH_SMALL) {
      float z = v * v;
      float p = TANH[0];
      p = Math.fma(p, z, TANH[1]);
      p = Math.fma(p, z, TANH[2]);
      p = Math.fma(p, z, TANH[3]);
      p = Math.fma(p, z, TANH[4]);
      return Math.fma(p * z, v, v);
    }
    float e = expOfNegative(-2 * a);
    float positive = (1 - e) / (1 + e);
    return v < 0 ? -positive : positive;
  }

  /** {@code v·Φ(v)}; Φ from its upper tail, so that small values keep their digits. */
  static float gelu(float v) {
    float a = Math.min(Math.abs(v), NORMAL_RANGE);
    float t = 1 / Math.fma(a, NORMAL_SCALE, 1f);
    float square = a * a;
    float lost = Math.fma(a, a, -square);
    float e = expOfNegative(-0.5f * square);
    float tail = normalTail(t) * t * Math.fma(e, -0.5f * lost, e);
    return v < 0 ? v * tail : Math.fma(-a, tail, v);
  }

  /** The polynomial {@link #NORMAL_TAIL}. */
  private static float normalTail(float t) {
    float u = Math.fma(t, 2.4f, -1.4f);
    float p = NORMAL_TAIL[0];
    p = Math.fma(p, u, NORMAL_TAIL[1]);
    p = Math.fma(p, u, NORMAL_TAIL[2]);
    p = Math.fma(p, u, NORMAL_TAIL[3]);
    p = Math.fma(p, u, NORMAL_TAIL[4]);
    p = Math.fma(p, u, NORMAL_TAIL[5]);
    p = Math.fma(p, u, NORMAL_TAIL[6]);
    p = Math.fma(p, u, NORMAL_TAIL[7]);
    p = Math.fma(p, u, NORMAL_TAIL[8]);
    p = Math.fma(p, u, NORMAL_TAIL[9]);
    p = Math.fma(p, u, NORMAL_TAIL[10]);
    return p;
  }

  /** {@code e^x} for x up to 0, zero where it is below 1e-38. */
  static float expOfNegative(float x) {
    float shifted = Math.fma(Math.max(x, SMALLEST_EXPONENT), LOG2_E, ROUNDER);
    float n = shifted - ROUNDER;
    float r = Math.fma(n, -LN2_HIGH, Math.max(x, SMALLEST_EXPONENT));
    r = Math.fma(n, -LN2_LOW, r);
    float p = EXP[0];
    p = Math.fma(p, r, EXP[1]);
    p = Math.fma(p, r, EXP[2]);
    p = Math.fma(p, r, EXP[3]);
    p = Math.fma(p, r, EXP[4]);
    p = Math.fma(p, r, EXP[5]);
    p = Math.fma(p * r, r, r) + 1;
    float power = Float.intBitsToFloat((Float.floatToRawIntBits(shifted) << 23) + 0x3f800000);
    return x < SMALLEST_EXPONENT ? 0 : p * power;
  }
}
