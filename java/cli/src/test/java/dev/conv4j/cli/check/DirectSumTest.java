package dev.conv4j.cli.check;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.cli.Problems;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Numbers computed by hand, and the identities that bind the three directions together. */
class DirectSumTest {

  @ParameterizedTest
  @CsvSource({
    // x = 1 2 3 4 5, w = 1 10 100
    "n1c1i5k1f3,            321 432 543",
    "n1c1i5k1f3p1,          210 321 432 543 54",
    "n1c1i5k1f3s2,          321 543",
    "n1c1i5k1f3s2p1,        210 432 54",
    "n1c1i5k1f3d2,          531",
    "n1c1i5k1f3p2:0,        100 210 321 432 543",
    "n1c1i5k1f3p1breflect,  212 321 432 543 454",
    "n1c1i5k1f3p1breplicate,211 321 432 543 554",
    "n1c1i5k1f3p1bcircular, 215 321 432 543 154"
  })
  void oneAxisAgreesWithNumbersComputedByHand(String problem, String expected) {
    double[] y = forward(problem, false, new double[] {1, 2, 3, 4, 5}, 1, 10, 100);
    assertArrayEquals(numbers(expected), y);
  }

  @Test
  void aMirroredFilterIsReadFromItsEnd() {
    double[] x = {1, 2, 3, 4, 5};
    assertArrayEquals(new double[] {123, 234, 345}, forward("n1c1i5k1f3", true, x, 1, 10, 100));
  }

  @Test
  void channelsAreSummedAndFiltersAreApart() {
    // Two channels of 1x2, two filters of 1x1: y0 = x0 + 10 x1, y1 = 100 x0 + 1000 x1
    assertArrayEquals(
        new double[] {31, 42, 3100, 4200},
        forward("n1c2i1x2k2f1x1", false, new double[] {1, 2, 3, 4}, 1, 10, 100, 1000));
  }

  @Test
  void groupsSeeOnlyTheirOwnChannels() {
    assertArrayEquals(
        new double[] {1, 2, 10, 20, 300, 400, 3000, 4000},
        forward("n1c2i1x2k4f1x1g2", false, new double[] {1, 2, 3, 4}, 1, 10, 100, 1000));
  }

  @Test
  void gradientsOfAnAxisAgreeWithNumbersComputedByHand() {
    DirectSum sum = new DirectSum(Convolution.parse("n1c1i4k1f3s2p1"), false);
    double[] dy = {1, 2};
    assertArrayEquals(
        new double[] {10, 102, 20, 200},
        sum.all(Direction.BACKWARD_DATA, dy, new double[] {1, 10, 100}).values());
    assertArrayEquals(
        new double[] {2 * 2, 1 + 2 * 3, 2 + 2 * 4},
        sum.all(Direction.BACKWARD_FILTER, new double[] {1, 2, 3, 4}, dy).values());
  }

  /** {@code <dy, x * w> = <dx(dy, w), x> = <dw(x, dy), w>} for any x, w and dy. */
  @Test
  void theThreeDirectionsAreAdjointOnEveryBuiltInProblem() {
    SplittableRandom random = new SplittableRandom(5);
    for (Convolution problem : Problems.resource("problems/verify.txt").problems()) {
      DirectSum sum = new DirectSum(problem, random.nextBoolean());
      double[] x = integers(random, problem.inputShape().elements());
      double[] w = integers(random, problem.filterShape().elements());
      double[] dy = integers(random, problem.outputShape().elements());
      double expected = dot(dy, sum.all(Direction.FORWARD, x, w).values());
      assertEquals(expected, dot(x, sum.all(Direction.BACKWARD_DATA, dy, w).values()));
      assertEquals(expected, dot(w, sum.all(Direction.BACKWARD_FILTER, x, dy).values()));
    }
  }

  @Test
  void oneElementIsThatOfTheWhole() {
    SplittableRandom random = new SplittableRandom(6);
    for (Convolution problem : Problems.resource("problems/verify.txt").problems()) {
      DirectSum sum = new DirectSum(problem, random.nextBoolean());
      double[] x = integers(random, problem.inputShape().elements());
      double[] w = integers(random, problem.filterShape().elements());
      DirectSum.Sums all = sum.all(Direction.FORWARD, x, w);
      int index = random.nextInt(all.values().length);
      DirectSum.Sum one = sum.forwardAt(index, i -> x[(int) i], i -> w[(int) i]);
      assertEquals(all.values()[index], one.value(), problem.toString());
      assertEquals(all.magnitudes()[index], one.magnitude(), problem.toString());
    }
  }

  private static double[] forward(String problem, boolean flipped, double[] x, double... w) {
    return new DirectSum(Convolution.parse(problem), flipped).all(Direction.FORWARD, x, w).values();
  }

  private static double[] numbers(String text) {
    return java.util.Arrays.stream(text.strip().split(" "))
        .mapToDouble(Double::parseDouble)
        .toArray();
  }

  private static double[] integers(SplittableRandom random, long count) {
    return random.doubles(count).map(v -> Math.rint(8 * v - 4)).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
