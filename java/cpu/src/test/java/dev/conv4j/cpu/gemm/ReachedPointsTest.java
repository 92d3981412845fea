package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.cpu.Integers;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Padding so wide that some points see nothing else. */
@Tag("width")
class ReachedPointsTest {

  /**
   * On integers, against the reference, which the oracle holds: every bit must match, those of
   * points that are bias and residual alone, too.
   *
   * @param points how many points are computed
   */
  @ParameterizedTest
  @CsvSource({
    "n1c32i7x7k40f1x1s2p3, 9",
    "n2c5i4x6k9f2x1p5, 30",
    "n1c3i9k17f1p2, 9",
    "n1c4i3x3x4k6f1x1x1s2p3, 2",
    "n1c8i5x5k8f3x3p1, 25",
    "n1c6i2x2k5f2x2s3p6d3, 4"
  })
  void isTheReference(String spelling, long points) {
    Convolution c = Convolution.parse(spelling);
    long reached = 0;
    long all = 0;
    for (Grid grid : Grid.reached(c)) {
      all += grid.d().count() * grid.plane();
      reached += grid.taps() > 0 ? grid.d().count() * grid.plane() : 0;
    }
    assertEquals(c.output().product(), all);
    assertEquals(points, reached);
    for (Layout layout : new Layout[] {Layout.NCHW, Layout.NHWC}) {
      assertArrayEquals(run(c, layout, "reference"), run(c, layout, "implicit-gemm"));
    }
  }

  private static float[] run(Convolution c, Layout layout, String algorithm) {
    Random random = new Random(7);
    ConvOptions options =
        ConvOptions.builder()
            .layout(layout)
            .epilogue(new Epilogue(true, true, Activation.RELU))
            .algorithm(algorithm)
            .build();
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(2));
        Tensor x = engine.tensor(c.inputShape(), DType.F32, layout);
        Tensor w = engine.tensor(c.filterShape(), DType.F32, layout);
        Tensor bias = engine.tensor(Shape.of(c.filters()), DType.F32);
        Tensor residual = engine.tensor(c.outputShape(), DType.F32, layout);
        Tensor y = engine.tensor(c.outputShape(), DType.F32, layout)) {
      x.copyFrom(Integers.random(random, c.inputShape()));
      w.copyFrom(Integers.random(random, c.filterShape()));
      bias.copyFrom(Integers.random(random, Shape.of(c.filters())));
      residual.copyFrom(Integers.random(random, c.outputShape()));
      engine.plan(c, options).run(x, w, bias, residual, y);
      return y.toFloatArray();
    }
  }
}
