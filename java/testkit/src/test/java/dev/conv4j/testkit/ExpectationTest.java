package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a result is compared with: epilogues, zero points, bounds, memory orders. */
class ExpectationTest {

  private static final ConvOptions PLAIN = ConvOptions.DEFAULT;

  private static double[] ramp(int from, int to) {
    return IntStream.range(from, to).asDoubleStream().toArray();
  }

  private static double[] ones(int count) {
    return DoubleStream.generate(() -> 1).limit(count).toArray();
  }

  private static TestCase test(
      String problem, ConvOptions options, DataKind kind, Operands operands) {
    return new TestCase(new ConvProblem(Convolution.parse(problem), options), kind, 1, operands);
  }

  private static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  private static MemorySegment ints(int... values) {
    return MemorySegment.ofArray(values);
  }

  private static String difference(TestCase test, MemorySegment result) {
    return test.difference(result, Layout.NCHW, 1);
  }

  @Test
  void wholeNumbersMustMatchToTheBit() {
    TestCase test =
        test("n1c1i2k1f2", PLAIN, DataKind.INTEGER, new Operands(ramp(1, 3), ones(2), null, null));
    assertNull(difference(test, floats(3)));
    assertNotNull(difference(test, floats(Math.nextUp(3f))));
    assertNotNull(difference(test, floats(Float.NaN)));
  }

  @Test
  void anAlgorithmWithFractionsMustStillRoundToTheWholeNumber() {
    TestCase test =
        test("n1c1i2k1f2", PLAIN, DataKind.INTEGER, new Operands(ramp(1, 3), ones(2), null, null));
    assertNull(test.difference(floats(Math.nextUp(3f)), Layout.NCHW, 4));
    assertNotNull(test.difference(floats(3.6f), Layout.NCHW, 1e9));
  }

  @Test
  void fractionsMayErrWithinTheBound() {
    double[] x = {0.5, 0.25};
    TestCase test = test("n1c1i2k1f2", PLAIN, DataKind.FLOAT, new Operands(x, ones(2), null, null));
    double bound = (2 + 4) * Math.ulp(1f) * 0.75;
    assertNull(difference(test, floats((float) (0.75 + 0.9 * bound))));
    assertNotNull(difference(test, floats((float) (0.75 + 1.2 * bound))));
    assertNull(test.difference(floats((float) (0.75 + 1.9 * bound)), Layout.NCHW, 2));
  }

  @Test
  void biasResidualAndActivationComeInThisOrder() {
    Epilogue epilogue = new Epilogue(true, true, Activation.RELU);
    ConvOptions options = ConvOptions.builder().epilogue(epilogue).build();
    TestCase test =
        test(
            "n1c1i2k2f1",
            options,
            DataKind.INTEGER,
            new Operands(
                new double[] {1, 2},
                new double[] {1, -1},
                new double[] {10, -10},
                new double[] {-20, 0, 12, 11.5}));
    assertNull(difference(test, floats(0, 12, 1, 0)));
    assertNotNull(difference(test, floats(0, 12, 1, 0.5f)));
  }

  @Test
  void onnxConvIntegerExamples() {
    ConvOptions options =
        ConvOptions.builder()
            .types(DType.U8, DType.U8, DType.I32)
            .quantization(new Quantization(1, List.of(0), List.of(), 0))
            .build();
    Operands operands = new Operands(ramp(2, 11), ones(4), null, null);
    assertNull(
        difference(
            test("n1c1i3x3k1f2x2", options, DataKind.INTEGER, operands), ints(12, 16, 24, 28)));
    assertNull(
        difference(
            test("n1c1i3x3k1f2x2p1", options, DataKind.INTEGER, operands),
            ints(1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9)));
  }

  @Test
  void onnxQLinearConvExample() {
    float multiplier = (float) (0.00369204697 * 0.00172794575 / 0.00162681262);
    ConvOptions options =
        ConvOptions.builder()
            .type(DType.U8)
            .quantization(new Quantization(132, List.of(255), List.of(multiplier), 123))
            .build();
    double[] x = {255, 174, 162, 25, 203, 168, 58};
    TestCase test =
        test(
            "n1c1i7k1f1", options, DataKind.INTEGER, new Operands(x, new double[] {0}, null, null));
    byte[] published = {0, 81, 93, (byte) 230, 52, 87, (byte) 197};
    assertNull(difference(test, MemorySegment.ofArray(published)));
    published[3]++;
    assertNotNull(difference(test, MemorySegment.ofArray(published)));
  }

  @Test
  void quantizedTiesGoToEvenAndSaturate() {
    ConvOptions options =
        ConvOptions.builder()
            .types(DType.I8, DType.I8, DType.I8)
            .quantization(new Quantization(0, List.of(0), List.of(0.5f), 0))
            .build();
    double[] x = {1, 3, 5, -1, -3, 127, -128};
    TestCase test =
        test(
            "n1c1i7k1f1", options, DataKind.INTEGER, new Operands(x, new double[] {1}, null, null));
    assertNull(difference(test, MemorySegment.ofArray(new byte[] {0, 2, 2, 0, -2, 64, -64})));
    assertNotNull(difference(test, MemorySegment.ofArray(new byte[] {1, 2, 2, 0, -2, 64, -64})));
    TestCase large =
        test(
            "n1c1i7k1f1", options, DataKind.INTEGER, new Operands(x, new double[] {8}, null, null));
    assertNull(
        difference(large, MemorySegment.ofArray(new byte[] {4, 12, 20, -4, -12, 127, -128})));
  }

  @Test
  void storageIn16BitsRoundsOnce() {
    ConvOptions options = ConvOptions.builder().type(DType.BF16).build();
    TestCase test =
        test(
            "n1c1i2k1f2",
            options,
            DataKind.INTEGER,
            new Operands(new double[] {255, 2}, ones(2), null, null));
    assertNull(difference(test, MemorySegment.ofArray(new short[] {DType.floatToBf16(256)})));
    assertNotNull(difference(test, MemorySegment.ofArray(new short[] {DType.floatToBf16(258)})));
  }

  @Test
  void channelsLastPutsChannelsLast() {
    int[] dims = {1, 2, 1, 1, 3};
    MemorySegment memory = Dims.encode(ramp(0, 6), dims, Layout.NHWC, DType.F32);
    assertArrayEquals(
        new float[] {0, 3, 1, 4, 2, 5}, memory.toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT));
  }

  /** Of large results the oracle computes a sample; that all was written is checked everywhere. */
  @Test
  void anUnwrittenElementIsSeenWhereverItIs() {
    ConvProblem problem = new ConvProblem(Convolution.parse("n1c1i600x600k1f9x9p4"), PLAIN);
    TestCase test = new TestCase(problem, DataKind.INTEGER, 2);
    for (int place : new int[] {0, 1, 2, 3, 5, 8, 13, 359_999}) {
      float[] result = new float[600 * 600];
      result[place] = Float.NaN;
      String difference = difference(test, floats(result));
      assertTrue(difference.contains("element at " + place + " in memory"), difference);
    }
  }

  /** f32 sums in several orders stay within the bound, and not by orders of magnitude. */
  @Test
  void theBoundHoldsForEveryOrderAndIsNotVacuous() {
    SplittableRandom random = new SplittableRandom(3);
    double worst = 0;
    for (int round = 0; round < 3000; round++) {
      int terms = 1 + random.nextInt(20);
      double exact = 0;
      double magnitude = 0;
      float single = 0;
      for (int i = 0; i < terms; i++) {
        float a = (float) random.nextDouble(-1, 1);
        float b = (float) random.nextDouble(-1, 1);
        exact += (double) a * b;
        magnitude += Math.abs((double) a * b);
        single += a * b;
      }
      double allowed =
          Bound.allowed(PLAIN, new Oracle.Sum(exact, magnitude, terms), terms, 0, exact, exact, 1);
      assertTrue(Math.abs(single - exact) <= allowed);
      worst = Math.max(worst, Math.abs(single - exact) / allowed);
    }
    assertTrue(worst > 0.05, "the bound is " + 1 / worst + " times too large");
  }

  @Test
  void everyActivationErrsLessThanItsBoundInSinglePrecision() {
    for (Activation activation :
        List.of(
            Activation.SIGMOID,
            Activation.TANH,
            Activation.SILU,
            Activation.HARD_SWISH,
            Activation.GELU,
            Activation.leakyRelu(0.1f))) {
      ConvOptions options = ConvOptions.builder().epilogue(Epilogue.NONE.with(activation)).build();
      for (float v = -20; v < 20; v += 0.37f) {
        double result = activation.apply(v);
        double allowed =
            Bound.allowed(options, new Oracle.Sum(v, Math.abs(v), 1), 1, 0, v, result, 0);
        assertTrue(Math.abs((float) result - result) <= allowed + Math.ulp(1f) * Math.abs(result));
        assertTrue(allowed <= 2e-6 * Math.max(1, Math.abs(v)), activation::toString);
        assertFalse(Bound.isExact(activation));
      }
    }
  }

  @Test
  void operandsAreExactInTheirType() {
    for (DType type : new DType[] {DType.F16, DType.BF16, DType.F32}) {
      ConvProblem problem =
          new ConvProblem(
              Convolution.parse("n1c3i5x5k4f3x3"), ConvOptions.builder().type(type).build());
      Oracle oracle = new Oracle(problem.convolution(), problem.options().direction(), false);
      Operands drawn = Operands.draw(problem, oracle, DataKind.FLOAT, 5);
      for (double v : drawn.first()) {
        assertEquals(v, Operands.stored(type, v));
      }
      assertTrue(Arrays.stream(drawn.second()).distinct().count() > 10);
    }
  }
}
