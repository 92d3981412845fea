package dev.conv4j.cpu.depthwise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cpu.Integers;
import dev.conv4j.cpu.machine.VectorSupport;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the reference, which the oracle holds; on integers, so that every bit must match. */
@Tag("width")
class DepthwiseTest {

  private Engine engine;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(VectorSupport.isUsable(), VectorSupport.warning());
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(3));
  }

  @AfterEach
  void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private float[] run(Convolution c, ConvOptions options, String algorithm, long seed) {
    Random random = new Random(seed);
    ConvPlan plan = engine.plan(c, options.toBuilder().algorithm(algorithm).build());
    assertEquals(algorithm, plan.algorithm());
    try (Tensor x = engine.tensor(c.inputShape(), DType.F32, options.layout());
        Tensor w = engine.tensor(c.filterShape(), Integers.random(random, c.filterShape()));
        Tensor bias = engine.tensor(Shape.of(c.filters()), DType.F32);
        Tensor y = engine.tensor(c.outputShape(), DType.F32, options.layout())) {
      x.copyFrom(Integers.random(random, c.inputShape()));
      bias.copyFrom(Integers.random(random, bias.shape()));
      y.copyFrom(Integers.random(random, c.outputShape()));
      boolean residual = options.epilogue().residual();
      plan.run(x, w, options.epilogue().bias() ? bias : null, residual ? y : null, y);
      return y.toFloatArray();
    }
  }

  private void matches(Convolution c, ConvOptions options) {
    assertArrayEquals(
        run(c, options, "reference", 1),
        run(c, options, "depthwise", 1),
        c + " " + options.layout() + (options.flipped() ? " flipped" : ""));
  }

  /** Tiles in both directions, each kernel, each stride, padding beyond a vector, one channel. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c2i130x130k2f3x3p1g2",
        "c3i67x61k3f5x5p2g3",
        "c2i128x128k4f3x3s2p1g2",
        "c2i97x99k2f5x5s2p2:1g2",
        "c2i5000k2f3p1g2",
        "c1i9001k2f9s2p4",
        "c2i4500k2f5s3p7g2",
        "c17i7x7k17f3x3p1g17",
        "c35i14x15k35f3x3s2p1g35",
        "c5i20x20k15f3x3d2p2g5",
        "c4i40x6k4f7x2s1x2p20x1g4",
        "c6i9x64k6f1x1s2g6",
        "n3c33i8x9k66f2x3s3x2p1:0x0:2g33",
        "c1i1x1k1f1",
        "c2i3x3k2f3x3p60g2",
        "c2i200x3k2f3x3s2p0x1g2",
        "n2c40i14x14k40f3x3s2p0:1g40",
        "c3i15x70k6f3x3s2p1:2x1g3",
        "c33i29x29k33f3x3p2g33",
        "c33i19x18k66f3x3p0x2g33",
        "c40i4x4k40f3x3p1g40",
        "c40i3x6k40f3x3p1g40",
        "c5i1x40k5f3x3p2g5",
        "c2i7000x3k2f3x3p1g2",
        "n2c40i7x7k40f3x3p1g40",
        "c35i14x14k35f3x3s2p1g35",
        "c37i9x40k37f5x5p2g37",
        "n2c20i15x14k60f5x3p2x1d1x2g20",
        "c33i16x15k66f7x7s1x2p3g33",
        "c16i60x4k16f9x1s2x1p4x0g16",
      })
  void agreesWithTheReferenceToTheBit(String problem) {
    Convolution c = Convolution.parse(problem);
    for (Layout layout : Layout.values()) {
      for (boolean flipped : new boolean[] {false, true}) {
        ConvOptions options = ConvOptions.builder().layout(layout).flipped(flipped).build();
        matches(c, options);
        Epilogue all = new Epilogue(true, true, Activation.RELU6);
        matches(c, options.toBuilder().epilogue(all).build());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void agreesWithTheReferenceOnRandomShapes(Layout layout) {
    Random random = new Random(20);
    for (int i = 0; i < 150; i++) {
      int channels = random.nextInt(1, 40);
      int filter = random.nextInt(1, 6);
      int dilation = random.nextInt(1, 3);
      int reach = (filter - 1) * dilation + 1;
      Convolution c =
          Convolution.builder()
              .batch(random.nextInt(1, 3))
              .channels(channels)
              .filters((long) channels * random.nextInt(1, 4))
              .groups(channels)
              .input(random.nextInt(reach, reach + 30), random.nextInt(reach, reach + 40))
              .filter(filter)
              .dilation(dilation)
              .stride(random.nextInt(1, 4))
              .padding(random.nextInt(0, 4))
              .build();
      matches(c, ConvOptions.builder().layout(layout).build());
    }
  }

  /** What is read beyond a row, and computed beyond its end, must not show. */
  @ParameterizedTest
  @ValueSource(strings = {"c20i14x14k20f3x3p1g20", "c20i14x14k20f3x3s2p1g20"})
  void neighboursAreNotMixedIn(String problem) {
    Convolution c = Convolution.parse(problem);
    for (Layout layout : Layout.values()) {
      float[] clean = sums(c, layout, 0);
      float[] spoilt = sums(c, layout, Float.NaN);
      int plane = (int) c.output().product();
      for (int i = 0; i < clean.length; i++) {
        float expected = i / plane == 7 ? Float.NaN : clean[i];
        assertEquals(expected, spoilt[i], layout + " " + i);
      }
    }
  }

  /** Sums of ones, where one channel of the filter is something else. */
  private float[] sums(Convolution c, Layout layout, float filter) {
    float[] taps = new float[(int) c.filterShape().elements()];
    Arrays.fill(taps, 1);
    Arrays.fill(taps, 7 * 9, 8 * 9, filter);
    float[] ones = new float[(int) c.inputShape().elements()];
    Arrays.fill(ones, 1);
    ConvOptions options = ConvOptions.builder().layout(layout).algorithm("depthwise").build();
    try (Tensor x = engine.tensor(c.inputShape(), DType.F32, layout);
        Tensor w = engine.tensor(c.filterShape(), taps);
        Tensor y = engine.tensor(c.outputShape(), DType.F32, layout)) {
      x.copyFrom(ones);
      engine.plan(c, options).run(x, w, null, null, y);
      return y.toFloatArray();
    }
  }

  @ParameterizedTest
  @EnumSource(Layout.class)
  void threadsDoNotChangeABit(Layout layout) {
    Convolution c = Convolution.parse("n2c40i60x50k40f3x3p1g40");
    ConvOptions options = ConvOptions.builder().layout(layout).build();
    float[] three = run(c, options, "depthwise", 5);
    engine.close();
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
    assertArrayEquals(run(c, options, "depthwise", 5), three);
  }

  @ParameterizedTest
  @CsvSource({
    "c4i9x9k4f3x3g2, GROUPS",
    "c4i9x9x9k4f3x3x3g4, SHAPE",
    "c4i9x9k4f3x3g4p1breflect, BORDER",
  })
  void refusesWithAReason(String problem, Refusal.Aspect aspect) {
    UnsupportedProblemException refused =
        org.junit.jupiter.api.Assertions.assertThrows(
            UnsupportedProblemException.class,
            () ->
                engine.plan(
                    Convolution.parse(problem),
                    ConvOptions.builder().algorithm("depthwise").build()));
    Refusal reason = refused.explanation().candidates().getFirst().refusal();
    assertEquals(aspect, assertInstanceOf(Refusal.Unsupported.class, reason).aspect());
  }

  /**
   * In a JVM of its own: how the JDK's methods for memory segments are compiled depends on what the
   * other tests ran through them before. What the compiler decides differs between launches, too,
   * and in one of many it leaves a slice as an object; what a kernel itself allocates shows in
   * each.
   */
  @Test
  @Tag("allocation")
  void kernelsAllocateNothing() throws IOException {
    List<String> nothing =
        List.of(
            "flat8v 0",
            "flat1v 0",
            "planeSingle 0",
            "planePairs 0",
            "pixelSingle 0",
            "pixelPairs 0",
            "pixels 0",
            "pixel1 0");
    List<String> found = allocations();
    for (int again = 0; again < 2 && !found.equals(nothing); again++) {
      found = allocations();
    }
    assertEquals(nothing, found);
  }

  private static List<String> allocations() throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-D"
                    + VectorSupport.PROPERTY
                    + "="
                    + System.getProperty(VectorSupport.PROPERTY, ""),
                "-cp",
                System.getProperty("java.class.path"),
                KernelAllocations.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader output = process.inputReader()) {
      return output.lines().toList();
    }
  }
}
