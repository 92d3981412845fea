package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ActivationTest {

  private static Activation of(Activation.Kind kind) {
    return switch (kind) {
      case CLIP -> Activation.clip(-1, 2);
      case LEAKY_RELU -> Activation.leakyRelu(0.01f);
      default -> new Activation(kind, 0, 0);
    };
  }

  /** From tables (erf, e, tanh) to the digits a double has. */
  @ParameterizedTest
  @CsvSource({
    "NONE,       -3,   -3",
    "RELU,       -3,   0",
    "RELU,       2,    2",
    "CLIP,       -3,   -1",
    "CLIP,       0.5,  0.5",
    "CLIP,       7,    2",
    "LEAKY_RELU, 5,    5",
    "SIGMOID,    0,    0.5",
    "SIGMOID,    1,    0.7310585786300049",
    "SIGMOID,    -1,   0.2689414213699951",
    "SIGMOID,    -30,  9.357622968839299e-14",
    "TANH,       1,    0.7615941559557649",
    "TANH,       -0.5, -0.46211715726000973",
    "SILU,       1,    0.7310585786300049",
    "SILU,       -2,   -0.2384058440442351",
    "HARD_SWISH, -3,   0",
    "HARD_SWISH, -1.5, -0.375",
    "HARD_SWISH, 1,    0.6666666666666666",
    "HARD_SWISH, 4,    4",
    "GELU,       0,    0",
    "GELU,       1,    0.8413447460685429",
    "GELU,       -1,   -0.15865525393145707",
    "GELU,       2,    1.9544997361036416",
    "GELU,       -3,   -0.004049694094890284",
    "GELU,       0.5,  0.34573123063700656"
  })
  void valuesAreThoseOfTheTables(Activation.Kind kind, double v, double expected) {
    assertEquals(expected, of(kind).apply(v), 1e-14 * Math.abs(expected));
  }

  @Test
  void leakySlopeIsThatOfItsParameter() {
    assertEquals(-2 * (double) 0.01f, Activation.leakyRelu(0.01f).apply(-2));
    assertEquals(0.5, Activation.leakyRelu(-0.25f).apply(-2));
  }

  @ParameterizedTest
  @EnumSource(Activation.Kind.class)
  void notANumberStaysNotANumber(Activation.Kind kind) {
    assertTrue(Double.isNaN(of(kind).apply(Double.NaN)));
  }

  @ParameterizedTest
  @EnumSource(Activation.Kind.class)
  void largeArgumentsGiveTheLimits(Activation.Kind kind) {
    double high = of(kind).apply(1e4);
    double low = of(kind).apply(-1e4);
    switch (kind) {
      case SIGMOID, TANH -> assertEquals(1, high);
      case CLIP -> assertEquals(2, high);
      default -> assertEquals(1e4, high);
    }
    switch (kind) {
      case NONE -> assertEquals(-1e4, low);
      case LEAKY_RELU -> assertEquals(-100, low, 1e-4);
      case CLIP, TANH -> assertEquals(-1, low);
      default -> assertEquals(0, low, 1e-300);
    }
  }

  /** The two formulas of the error function meet without a step. */
  @Test
  void geluIsSmoothWhereItsFormulasMeet() {
    double at = 1.4 * Math.sqrt(2);
    for (double v : new double[] {at, -at}) {
      double below = Activation.GELU.apply(Math.nextDown(v));
      double above = Activation.GELU.apply(Math.nextUp(v));
      assertEquals(below, above, 1e-14);
    }
  }

  @Test
  void badParametersAreRefused() {
    assertThrows(InvalidArgumentException.class, () -> Activation.clip(1, 0));
    assertThrows(InvalidArgumentException.class, () -> Activation.clip(Float.NaN, 1));
    assertThrows(InvalidArgumentException.class, () -> Activation.leakyRelu(Float.NaN));
    assertEquals(3, Activation.clip(3, 3).apply(8));
  }
}
