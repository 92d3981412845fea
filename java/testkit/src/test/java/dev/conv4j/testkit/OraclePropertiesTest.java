package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Border;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What must hold of the oracle on any problem. */
class OraclePropertiesTest {

  private static double[] solve(
      String problem, Direction direction, boolean flipped, double[] first, double[] second) {
    return Arrays.stream(
            new Oracle(Convolution.parse(problem), direction, flipped).solve(first, second))
        .mapToDouble(Oracle.Sum::sum)
        .toArray();
  }

  @Test
  void extentsAgreeWithTheFormulaTheyMustNotUse() {
    RandomProblems random = new RandomProblems(42);
    for (int i = 0; i < 2000; i++) {
      Convolution problem = random.next();
      int[] dims = new Oracle(problem, Direction.FORWARD, false).outputDims();
      assertEquals(problem.output().d(), dims[2], problem::toString);
      assertEquals(problem.output().h(), dims[3], problem::toString);
      assertEquals(problem.output().w(), dims[4], problem::toString);
    }
  }

  /** {@code <conv(x,w), dy> = <x, dx(dy,w)> = <w, dw(x,dy)>}, in whole numbers. */
  @Test
  void gradientsAreAdjoint() {
    RandomProblems random = new RandomProblems(7);
    SplittableRandom values = new SplittableRandom(8);
    Map<Border, Integer> seen = new EnumMap<>(Border.class);
    for (int i = 0; i < 600; i++) {
      Convolution problem = random.next();
      seen.merge(problem.border(), 1, Integer::sum);
      boolean flipped = i % 3 == 0;
      Oracle forward = new Oracle(problem, Direction.FORWARD, flipped);
      double[] x = whole(forward.inputDims(), values);
      double[] w = whole(forward.filterDims(), values);
      double[] dy = whole(forward.outputDims(), values);
      String spelling = problem.toString();
      long expected = product(solve(spelling, Direction.FORWARD, flipped, x, w), dy);
      assertEquals(
          expected,
          product(solve(spelling, Direction.BACKWARD_DATA, flipped, dy, w), x),
          () -> "dx of " + problem);
      assertEquals(
          expected,
          product(solve(spelling, Direction.BACKWARD_FILTER, flipped, x, dy), w),
          () -> "dw of " + problem);
    }
    for (Border border : Border.values()) {
      assertTrue(seen.get(border) > 10, () -> "too few problems of " + border);
    }
  }

  private static double[] whole(int[] dims, SplittableRandom random) {
    return IntStream.range(0, (int) Dims.count(dims))
        .mapToDouble(i -> random.nextInt(-9, 10))
        .toArray();
  }

  private static long product(double[] a, double[] b) {
    long sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.round(a[i]) * Math.round(b[i]);
    }
    return sum;
  }
}
