package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Padding;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The oracle against numbers others published: the node tests of the ONNX specification, the
 * documentation examples of PyTorch and NumPy. Where nobody publishes any, against sums done by
 * hand.
 */
class OracleTest {

  private static final double[] RAMP_5X5 = ramp(25);
  private static final double[] ONES_3X3 = ones(9);

  private static double[] ramp(int count) {
    return IntStream.range(0, count).asDoubleStream().toArray();
  }

  private static double[] ones(int count) {
    return DoubleStream.generate(() -> 1).limit(count).toArray();
  }

  private static double[] solve(
      String problem, Direction direction, boolean flipped, double[] first, double[] second) {
    return Arrays.stream(
            new Oracle(Convolution.parse(problem), direction, flipped).solve(first, second))
        .mapToDouble(Oracle.Sum::sum)
        .toArray();
  }

  private static double[] forward(String problem, double[] x, double[] w) {
    return solve(problem, Direction.FORWARD, false, x, w);
  }

  private static void assertRows(double[] actual, double... expected) {
    assertArrayEquals(expected, actual);
  }

  @Test
  void onnxBasicConvWithPadding() {
    assertRows(
        forward("n1c1i5x5k1f3x3p1", RAMP_5X5, ONES_3X3),
        12,
        21,
        27,
        33,
        24,
        33,
        54,
        63,
        72,
        51,
        63,
        99,
        108,
        117,
        81,
        93,
        144,
        153,
        162,
        111,
        72,
        111,
        117,
        123,
        84);
  }

  @Test
  void onnxBasicConvWithoutPadding() {
    assertRows(
        forward("n1c1i5x5k1f3x3", RAMP_5X5, ONES_3X3), 54, 63, 72, 99, 108, 117, 144, 153, 162);
  }

  @Test
  void onnxConvWithStridesAndPadding() {
    assertRows(
        forward("n1c1i7x5k1f3x3s2p1", ramp(35), ONES_3X3),
        12,
        27,
        24,
        63,
        108,
        81,
        123,
        198,
        141,
        112,
        177,
        124);
  }

  @Test
  void onnxConvWithStridesAndPaddingAlongOneDimension() {
    assertRows(
        forward("n1c1i7x5k1f3x3s2p1x0", ramp(35), ONES_3X3), 21, 33, 99, 117, 189, 207, 171, 183);
  }

  @Test
  void onnxConvWithAutopadSameLower() {
    Convolution same =
        Convolution.builder()
            .input(5, 5)
            .filter(3, 3)
            .stride(2)
            .padding(Padding.SAME_LOWER)
            .build();
    assertRows(forward(same.toString(), RAMP_5X5, ONES_3X3), 12, 27, 24, 63, 108, 81, 72, 117, 84);
  }

  /** 4 wide, 2 taps, stride 1: one column of padding, which the two rules put at opposite ends. */
  @Test
  void sameUpperPadsBehindAndSameLowerBefore() {
    double[] x = {1, 2, 3, 4};
    double[] w = {1, 10};
    Convolution upper =
        Convolution.builder().input(4).filter(2).padding(Padding.SAME_UPPER).build();
    Convolution lower =
        Convolution.builder().input(4).filter(2).padding(Padding.SAME_LOWER).build();
    assertRows(forward(upper.toString(), x, w), 21, 32, 43, 4);
    assertRows(forward(lower.toString(), x, w), 10, 21, 32, 43);
  }

  @Test
  void onnxConvTranspose() {
    double[] plane = {
      0, 1, 3, 3, 2, 3, 8, 15, 12, 7, 9, 21, 36, 27, 15, 9, 20, 33, 24, 13, 6, 13, 21, 15, 8
    };
    double[] both = new double[50];
    System.arraycopy(plane, 0, both, 0, 25);
    System.arraycopy(plane, 0, both, 25, 25);
    assertArrayEquals(
        both, solve("n1c2i5x5k1f3x3", Direction.BACKWARD_DATA, false, ramp(9), ones(18)));
  }

  @Test
  void onnxConvTransposeWithDilations() {
    assertRows(
        solve(
            "n1c1i5x5k1f2x2d2",
            Direction.BACKWARD_DATA,
            false,
            new double[] {3, 8, 1, 9, 5, 7, 3, 2, 6},
            new double[] {7, 2, 1, 9}),
        21,
        56,
        13,
        16,
        2,
        63,
        35,
        67,
        10,
        14,
        24,
        22,
        76,
        76,
        21,
        9,
        5,
        88,
        45,
        63,
        3,
        2,
        33,
        18,
        54);
  }

  @Test
  void onnxConvTransposeWithPads() {
    double[] both =
        solve("n1c2i7x3k1f3x3s3x2p1x2", Direction.BACKWARD_DATA, false, ramp(9), ones(18));
    assertRows(
        Arrays.copyOf(both, 21), 1, 1, 3, 1, 1, 3, 7, 4, 9, 7, 4, 9, 7, 4, 9, 13, 7, 15, 13, 7, 15);
  }

  @Test
  void onnxConvTransposeInOneDimension() {
    assertRows(
        solve("n1c2i5k1f3", Direction.BACKWARD_DATA, false, ramp(3), ones(6)),
        0,
        1,
        3,
        3,
        2,
        0,
        1,
        3,
        3,
        2);
  }

  @ParameterizedTest
  @CsvSource({
    "reflect,   '2,1,0,1,2,3,2,1'",
    "replicate, '0,0,0,1,2,3,3,3'",
    "circular,  '2,3,0,1,2,3,0,1'",
    "zeros,     '0,0,0,1,2,3,0,0'"
  })
  void torchPaddingExamples(String border, String expected) {
    assertArrayEquals(
        Arrays.stream(expected.split(",", -1)).mapToDouble(Double::parseDouble).toArray(),
        forward("n1c1i4k1f1p2b" + border, ramp(4), ones(1)));
  }

  @Test
  void torchReflectionPad2dExample() {
    assertRows(
        forward("n1c1i3x3k1f1x1p2breflect", ramp(9), ones(1)),
        8,
        7,
        6,
        7,
        8,
        7,
        6,
        5,
        4,
        3,
        4,
        5,
        4,
        3,
        2,
        1,
        0,
        1,
        2,
        1,
        0,
        5,
        4,
        3,
        4,
        5,
        4,
        3,
        8,
        7,
        6,
        7,
        8,
        7,
        6,
        5,
        4,
        3,
        4,
        5,
        4,
        3,
        2,
        1,
        0,
        1,
        2,
        1,
        0);
  }

  @Test
  void numpyConvolveIsTheFlippedForm() {
    double[] a = {1, 2, 3};
    double[] v = {0, 1, 0.5};
    assertRows(solve("n1c1i3k1f3p2", Direction.FORWARD, true, a, v), 0, 1, 2.5, 4, 1.5);
    assertRows(solve("n1c1i3k1f3p1", Direction.FORWARD, true, a, v), 1, 2.5, 4);
    assertRows(solve("n1c1i3k1f3", Direction.FORWARD, true, a, v), 2.5);
  }

  @Test
  void filterGradientByHand() {
    double[] x = {1, 2, 3, 4};
    assertRows(
        solve("n1c1i4k1f2", Direction.BACKWARD_FILTER, false, x, new double[] {1, 1, 1}), 6, 9);
    assertRows(
        solve("n1c1i4k1f2s2", Direction.BACKWARD_FILTER, false, x, new double[] {1, 10}), 31, 42);
    assertRows(
        solve("n1c1i4k1f2d2", Direction.BACKWARD_FILTER, false, x, new double[] {1, 10}), 21, 43);
    assertRows(
        solve("n1c1i4k1f2d2", Direction.BACKWARD_FILTER, true, x, new double[] {1, 10}), 43, 21);
    assertRows(
        solve("n1c1i2k1f3p1breplicate", Direction.BACKWARD_FILTER, false, x, new double[] {1, 10}),
        11,
        21,
        22);
  }

  /** Two rows of the batch add up; each group of channels meets only its own filters. */
  @Test
  void batchAndGroupsByHand() {
    double[] x = {1, 2, 3, 4, 5, 6, 7, 8};
    double[] w = {1, 10, 100, 1000};
    assertRows(forward("n2c2i2k2f2g2", x, w), 1 + 20, 300 + 4000, 5 + 60, 700 + 8000);
    assertRows(forward("n1c4i2k2f1g2", x, w), 1 + 30, 2 + 40, 500 + 7000, 600 + 8000);
    assertRows(
        solve("n2c2i2k2f2g2", Direction.BACKWARD_FILTER, false, x, new double[] {1, 2, 10, 20}),
        51,
        62,
        146,
        168);
  }

  @Test
  void depthIsTheFirstSpatialAxis() {
    double[] x = ramp(8);
    assertRows(forward("n1c1i2x2x2k1f2x1x1", x, new double[] {1, 10}), 40, 51, 62, 73);
    assertRows(forward("n1c1i2x2x2k1f1x2x1", x, new double[] {1, 10}), 20, 31, 64, 75);
    assertRows(forward("n1c1i2x2x2k1f1x1x2", x, new double[] {1, 10}), 10, 32, 54, 76);
  }

  @Test
  void magnitudeAddsAbsoluteValues() {
    Oracle oracle = new Oracle(Convolution.parse("n1c1i2k1f2"), Direction.FORWARD, false);
    Oracle.Sum sum = oracle.at(0, new double[] {3, -4}, new double[] {5, 6});
    assertEquals(new Oracle.Sum(-9, 39, 2), sum);
  }

  @ParameterizedTest
  @CsvSource({"FORWARD, 27", "BACKWARD_DATA, 45", "BACKWARD_FILTER, 392"})
  void termsAreThoseOfADirectMethod(Direction direction, long terms) {
    Convolution problem = Convolution.parse("n2c3i28x28k5f3x3s2p1");
    assertEquals(terms, new Oracle(problem, direction, false).terms());
  }

  @ParameterizedTest
  @CsvSource({
    "n1c3i224x224k64f7x7s2p3, 112, 112",
    "n1c3i224x224k96f11x11s4p2, 55, 55",
    "n1c3i299x299k32f3x3s2, 149, 149",
    "n1c1i161x700k32f5x20s2, 79, 341",
    "n1c32i79x341k32f5x10s2, 38, 166",
    "n1c3i33x33k1f3x3d6p6, 33, 33"
  })
  void extentsOfPublishedLayers(String problem, int p, int q) {
    int[] dims = new Oracle(Convolution.parse(problem), Direction.FORWARD, false).outputDims();
    assertArrayEquals(new int[] {p, q}, new int[] {dims[3], dims[4]});
  }
}
