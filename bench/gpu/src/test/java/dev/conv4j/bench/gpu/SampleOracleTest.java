package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.cli.check.DirectSum;
import java.util.function.LongToDoubleFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The samples are those of the command line's oracle, which walks the same sums another way. */
class SampleOracleTest {

  private static final Mode MODE = Mode.ALL.getFirst();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n2c3i7x9k5f3x3p1",
        "n1c8i11x7k12f5x3s2x3p2x1g4",
        "n3c2i9k4f3s2p1:2d2",
        "n1c6i9x8k6f3x3d2p2g6",
        "n1c4i5x6x7k3f2x3x2s2x1x3p1"
      })
  void samplesOfAllDirectionsAreTheDirectSums(String spelling) {
    Convolution problem = Convolution.parse(spelling);
    HostData data = new HostData();
    for (Direction direction : Direction.values()) {
      Item item = new Item("", problem, MODE, direction);
      LongToDoubleFunction first = data.values(DType.F32, 0);
      LongToDoubleFunction second = data.values(DType.F32, 12345);
      double[] all =
          new DirectSum(problem, false)
              .all(direction, array(item, 0, first), array(item, 1, second))
              .values();
      SampleOracle oracle = new SampleOracle(problem, direction, MODE, first, second);
      assertEquals("", oracle.complaint(at -> all[(int) at], 1, false), direction.name());
      assertNotEquals("", oracle.complaint(at -> all[(int) at] + 1e-3, 1, false));
      assertNotEquals("", oracle.complaint(at -> Double.NaN, 1, true));
    }
  }

  private static double[] array(Item item, int operand, LongToDoubleFunction values) {
    return LongStream.range(0, Ours.shapes(item)[operand].elements()).mapToDouble(values).toArray();
  }
}
