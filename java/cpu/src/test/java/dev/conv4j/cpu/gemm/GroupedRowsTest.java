package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Layout;
import dev.conv4j.Tensor;
import dev.conv4j.cpu.Integers;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the reference, which the oracle holds; on integers, so that every bit must match. */
@Tag("width")
class GroupedRowsTest {

  /**
   * Few points and many filters: whole tiles up to the end of memory, tiles left over, segments.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1c200i7x7k200f1x1",
        "n1c20i5x5k400f1x1",
        "n2c37i5x6k197f3x3p1",
        "n1c1200i3x4k200f1x1",
        "n1c72i9x9k200f3x3s2p1"
      })
  void isTheReference(String problem) {
    assertArrayEquals(run(problem, "reference"), run(problem, "implicit-gemm"));
  }

  private static float[] run(String problem, String algorithm) {
    Random random = new Random(5);
    Convolution c = Convolution.parse(problem);
    ConvOptions options = ConvOptions.builder().layout(Layout.NHWC).algorithm(algorithm).build();
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(2));
        Tensor x = engine.tensor(c.inputShape(), DType.F32, Layout.NHWC);
        Tensor w = engine.tensor(c.filterShape(), DType.F32, Layout.NHWC)) {
      x.copyFrom(Integers.random(random, c.inputShape()));
      w.copyFrom(Integers.random(random, c.filterShape()));
      try (Tensor y = engine.plan(c, options).run(x, w)) {
        return y.toFloatArray();
      }
    }
  }
}
