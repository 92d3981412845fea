package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTest {

  private static double through(DType type, double value) {
    MemorySegment cell = MemorySegment.ofArray(new byte[24]);
    type.store(cell, 1, value);
    return type.load(cell, 1);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void spellingIsReadBack(DType type) {
    assertEquals(type, DType.parse(type.spelling()));
    assertThrows(InvalidArgumentException.class, () -> DType.parse(type.name() + "x"));
  }

  @Test
  void everyHalfSurvivesARoundTrip() {
    for (int bits = 0; bits < 1 << 16; bits++) {
      float half = Float.float16ToFloat((short) bits);
      double back = through(DType.F16, half);
      assertTrue(back == half || (Double.isNaN(half) && Double.isNaN(back)), "bits " + bits);
      float brain = DType.bf16ToFloat((short) bits);
      back = through(DType.BF16, brain);
      assertTrue(back == brain || (Double.isNaN(brain) && Double.isNaN(back)), "bits " + bits);
    }
  }

  /** Half an ulp more is a tie and goes to even; the least bit more, far below f32, breaks it. */
  @ParameterizedTest
  @CsvSource({"F16,  11, 1", "BF16, 8,  1", "F32,  24, 1", "F16,  11, -3", "BF16, 8,  1024"})
  void aDoubleIsRoundedOnce(DType type, int precision, double value) {
    double ulp = Math.scalb(1.0, Math.getExponent(value) - precision + 1) * Math.signum(value);
    assertEquals(value, through(type, value + ulp / 2));
    assertEquals(value + ulp, through(type, value + ulp / 2 * (1 + 1e-6)));
    assertEquals(value + 2 * ulp, through(type, value + 1.5 * ulp));
    assertEquals(value, through(type, value + ulp / 2 * (1 - 1e-6)));
  }

  /** Nearest by exact arithmetic among all finite values of the type. */
  @Test
  void halvesAreTheNearest() {
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 2000; i++) {
      double value = Math.scalb(random.nextDouble(-1, 1), random.nextInt(-26, 16));
      for (DType type : new DType[] {DType.F16, DType.BF16}) {
        double got = through(type, value);
        BigDecimal error = new BigDecimal(value).subtract(new BigDecimal(got)).abs();
        MemorySegment cell = MemorySegment.ofArray(new short[] {0});
        type.store(cell, 0, got);
        short bits = cell.get(java.lang.foreign.ValueLayout.JAVA_SHORT, 0);
        for (int step : new int[] {-1, 1}) {
          cell.set(java.lang.foreign.ValueLayout.JAVA_SHORT, 0, (short) (bits + step));
          double neighbour = type.load(cell, 0);
          if (Double.isFinite(neighbour)) {
            BigDecimal other = new BigDecimal(value).subtract(new BigDecimal(neighbour)).abs();
            assertTrue(error.compareTo(other) <= 0, value + " became " + got + " as " + type);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "I8,  127.5,  127",
    "I8,  -129,   -128",
    "I8,  2.5,    2",
    "I8,  3.5,    4",
    "I8,  -2.5,   -2",
    "U8,  255.4,  255",
    "U8,  300,    255",
    "U8,  -1,     0",
    "U8,  200,    200",
    "I32, 3e9,    2147483647",
    "I32, -3e9,   -2147483648",
    "I32, 0.5,    0",
    "I32, NaN,    0",
    "U8,  NaN,    0",
    "I8,  NaN,    0",
    "F16, 65520,  Infinity",
    "F16, 65519,  65504",
    "F16, 6e-8,   5.960464477539063E-8",
    "BF16, 3.4e38, Infinity",
    "BF16, NaN,   NaN",
    "F16, -0.0,   -0.0"
  })
  void conversionSaturatesAndRoundsToEven(DType type, double value, double stored) {
    assertEquals(stored, through(type, value));
  }

  @Test
  void sizesAreThoseOfTheTypes() {
    int[] bytes = {4, 8, 2, 2, 1, 1, 4};
    DType[] types = {DType.F32, DType.F64, DType.F16, DType.BF16, DType.I8, DType.U8, DType.I32};
    for (int i = 0; i < types.length; i++) {
      assertEquals(bytes[i], types[i].bytes());
    }
    assertEquals(types.length, DType.values().length);
  }
}
