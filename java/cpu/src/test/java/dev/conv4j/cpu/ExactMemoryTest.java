package dev.conv4j.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cpu.machine.VectorSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The caller's memory ends where the tensor ends: no algorithm may want more, also where an image
 * is smaller than what its vectors read. On integers, so that every bit must match.
 */
@Tag("width")
class ExactMemoryTest {

  private static final List<String> EXACT =
      List.of(
          "depthwise",
          "direct",
          "packed-gemm",
          "pointwise",
          "implicit-gemm",
          "im2col-gemm",
          "stencil");

  /** Winograd rounds: it must not fail, and others look at its results. */
  private static final List<String> ROUNDING = List.of("winograd-2x3", "winograd-4x3");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "c1i%dx%dk1f3x3", "c1i%dx%dk1f3x3p1", "c1i%dx%dk1f3x3s2p1", "c3i%dx%dk3f3x3g3",
        "c3i%dx%dk3f3x3p1g3", "c3i%dx%dk3f3x3s2p1g3", "c2i%dx%dk2f5x5p2g2", "c4i%dx%dk5f1x1",
        "c4i%dx%dk7f1x1s2", "c3i%dx%dk4f3x3p1", "c8i%dx%dk9f3x3", "c8i%dx%dk8f3x3s2p1",
        "c5i%dx%dk64f1x1", "c5i%dx%dk70f3x3p1"
      })
  void theCallersMemoryIsReadToItsEnd(String pattern) {
    Assumptions.assumeTrue(VectorSupport.isUsable(), VectorSupport.warning());
    int runs = 0;
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1))) {
      for (int height = 3; height <= 9; height++) {
        for (int width = 3; width <= 17; width += height % 2 + 1) {
          Convolution c = Convolution.parse("n1" + String.format(pattern, height, width));
          for (Layout layout : List.of(Layout.NCHW, Layout.NHWC)) {
            runs += all(engine, c, layout);
          }
        }
      }
    }
    assertTrue(runs >= 100, runs + " runs");
  }

  private static int all(Engine engine, Convolution c, Layout layout) {
    float[] expected = run(engine, c, layout, "reference");
    int runs = 0;
    for (String algorithm : EXACT) {
      float[] got = runIfTaken(engine, c, layout, algorithm);
      if (got != null) {
        assertArrayEquals(expected, got, c + " " + layout + " " + algorithm);
        runs++;
      }
    }
    for (String algorithm : ROUNDING) {
      runs += runIfTaken(engine, c, layout, algorithm) == null ? 0 : 1;
    }
    return runs;
  }

  private static float[] runIfTaken(Engine engine, Convolution c, Layout layout, String algorithm) {
    try {
      return run(engine, c, layout, algorithm);
    } catch (UnsupportedProblemException refused) {
      return null;
    }
  }

  private static float[] run(Engine engine, Convolution c, Layout layout, String algorithm) {
    ConvOptions options = ConvOptions.builder().layout(layout).algorithm(algorithm).build();
    ConvPlan plan = engine.plan(c, options);
    Random random = new Random(5);
    try (Arena arena = Arena.ofShared();
        Tensor x = wrapped(engine, arena, c.inputShape(), layout, random);
        Tensor w = wrapped(engine, arena, c.filterShape(), options.filterLayout(), random);
        Tensor y = wrapped(engine, arena, c.outputShape(), layout, random)) {
      plan.run(x, w, null, null, y);
      return y.toFloatArray();
    }
  }

  private static Tensor wrapped(
      Engine engine, Arena arena, Shape shape, Layout layout, Random random) {
    MemorySegment memory = arena.allocate(shape.elements() * Float.BYTES, Float.BYTES);
    for (long i = 0; i < shape.elements(); i++) {
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextInt(-4, 5));
    }
    return engine.wrap(memory, shape, DType.F32, layout);
  }
}
