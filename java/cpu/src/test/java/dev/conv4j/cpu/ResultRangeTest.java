package dev.conv4j.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.conv4j.Activation;
import dev.conv4j.ChannelRange;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Results that are a range of a larger tensor's channels: the same bits, and nothing else. */
@Tag("width")
class ResultRangeTest {

  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.NONE,
          Epilogue.BIAS_RELU,
          new Epilogue(false, true, Activation.NONE),
          new Epilogue(true, true, Activation.RELU),
          new Epilogue(true, false, Activation.TANH));

  private final Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));

  @AfterEach
  void close() {
    engine.close();
  }

  @ParameterizedTest
  @CsvSource({
    "implicit-gemm, n2c7i9x10k5f3x3p1, 3, 12",
    "implicit-gemm, n1c16i14x14k64f3x3p1, 64, 192",
    "implicit-gemm, n2c12i8x9k40f3x3p1s2g2, 1, 50",
    "implicit-gemm, n2c3i17x15k33f5x5p2s2, 31, 64",
    "implicit-gemm, n1c4i3x3x4k6f1x1x1s2p3, 2, 9",
    "implicit-gemm, n2c5i20k9f3p1, 4, 13",
    "im2col-gemm, n2c7i9x10k5f3x3p1, 3, 12",
    "im2col-gemm, n1c16i14x14k64f3x3p1, 64, 192",
    "pointwise, n2c9i5x5k5f1x1, 3, 12",
    "pointwise, n1c64i13x13k64f1x1, 64, 192",
    "pointwise, n3c20i6x7k70f1x1g2, 0, 71",
    "direct, n2c7i9x10k5f3x3p1, 3, 12",
    "direct, n1c3i30x40k64f3x3s2, 64, 192",
    "direct, n2c9i5x5k5f1x1, 7, 12",
    "packed-gemm, n2c7i9x10k5f3x3p1, 3, 12",
    "packed-gemm, n1c64i13x13k64f1x1, 64, 192",
    "packed-gemm, n2c12i8x9k40f3x3p1g2, 1, 50",
    "winograd-4x3, n2c16i9x10k5f3x3p1, 3, 12",
    "winograd-4x3, n1c32i14x14k64f3x3p1, 64, 192",
    "winograd-2x3, n2c16i9x10k5f3x3p1, 3, 12",
    "winograd-2x3, n1c32i60x130k37f3x3p1, 64, 192",
    "winograd-2x5, n2c16i12x9k40f5x5p2, 3, 50",
    "reference, n2c7i9x10k5f3x3p1, 3, 12"
  })
  void onlyTheRangeIsWritten(String algorithm, String spelling, long first, long of) {
    for (Layout layout : new Layout[] {Layout.NCHW, Layout.NHWC}) {
      boolean planes = algorithm.equals("direct") || algorithm.equals("packed-gemm");
      if (!planes || layout == Layout.NCHW) {
        check(algorithm, spelling, layout, new ChannelRange(first, of));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "n2c5i9x10k5f3x3p1, 3, 12",
    "n1c64i14x14k64f3x3p1s2, 64, 192",
    "n2c24i8x9k48f3x3p1, 1, 50",
    "n1c40i8x9k40f5x5p2, 8, 90",
    "n2c18i20k18f3p1, 4, 23"
  })
  void depthwiseWritesRangesWithChannelsLast(String spelling, long first, long of) {
    String channels = spelling.replaceAll(".*c([0-9]+)i.*", "$1");
    check("depthwise", spelling + "g" + channels, Layout.NHWC, new ChannelRange(first, of));
  }

  private void check(String algorithm, String spelling, Layout layout, ChannelRange range) {
    Convolution problem = Convolution.parse(spelling);
    for (Epilogue epilogue : EPILOGUES) {
      ConvOptions whole = options(layout, epilogue, available(algorithm), null);
      ConvOptions ranged = options(layout, epilogue, available(algorithm), range);
      float[] alone = run(engine.plan(problem, whole), false);
      String message = algorithm + " " + spelling + " " + layout + " " + epilogue;
      float[] want = embedded(problem, range, alone);
      assertArrayEquals(want, run(engine.plan(problem, ranged), false), message);
      assertArrayEquals(want, run(engine.plan(problem, ranged), true), message + ", caller's");
    }
  }

  private static ConvOptions options(
      Layout layout, Epilogue epilogue, String algorithm, @Nullable ChannelRange range) {
    return ConvOptions.builder()
        .layout(layout)
        .filterLayout(Layout.NCHW)
        .epilogue(epilogue)
        .algorithm(algorithm)
        .resultRange(range)
        .build();
  }

  /** Some need vectors; without them their problems go to another. */
  private String available(String id) {
    boolean vectors = !engine.device().properties().get("vectors").equals("plain loops");
    boolean needs =
        List.of("depthwise", "stencil", "fft").contains(id) || id.startsWith("winograd");
    return vectors || !needs ? id : "implicit-gemm";
  }

  /** Puts results between canaries. */
  private static float[] embedded(Convolution c, ChannelRange range, float... alone) {
    int pixels = (int) c.output().product();
    int filters = (int) c.filters();
    float[] all = canaries(c, range);
    for (int n = 0; n < c.batch(); n++) {
      for (int k = 0; k < filters; k++) {
        int from = (n * filters + k) * pixels;
        int to = (int) (n * range.of() + range.first() + k) * pixels;
        System.arraycopy(alone, from, all, to, pixels);
      }
    }
    return all;
  }

  private static float[] canaries(Convolution c, ChannelRange range) {
    float[] all = new float[(int) (c.batch() * range.of() * c.output().product())];
    for (int i = 0; i < all.length; i++) {
      all[i] = 1000 + i;
    }
    return all;
  }

  /**
   * Runs on random operands over canaries, and returns the result in logical order.
   *
   * @param callers whether the result lies in memory of a caller
   */
  private float[] run(ConvPlan plan, boolean callers) {
    Convolution c = plan.convolution();
    Layout layout = plan.options().layout();
    ChannelRange range = plan.options().resultRange();
    ChannelRange all = range == null ? new ChannelRange(0, c.filters()) : range;
    Epilogue epilogue = plan.options().epilogue();
    Random random = new Random(3);
    float[] summands = embedded(c, all, randoms(c.outputShape(), random));
    try (Arena arena = Arena.ofShared();
        Tensor x = tensor(c.inputShape(), layout, randoms(c.inputShape(), random));
        Tensor w = engine.tensor(c.filterShape(), randoms(c.filterShape(), random));
        Tensor bias = engine.tensor(Shape.of(c.filters()), randoms(Shape.of(c.filters()), random));
        Tensor own = plan.newResult();
        Tensor residual = tensor(own.shape(), layout, summands);
        Tensor wrapped =
            engine.wrap(arena.allocate(own.bytes(), 4), own.shape(), DType.F32, layout)) {
      Tensor y = callers ? wrapped : own;
      y.copyFrom(canaries(c, all));
      plan.run(x, w, epilogue.bias() ? bias : null, epilogue.residual() ? residual : null, y);
      return y.toFloatArray();
    }
  }

  private static float[] randoms(Shape shape, Random random) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private Tensor tensor(Shape shape, Layout layout, float... values) {
    return engine.tensor(shape, DType.F32, layout).copyFrom(values);
  }

  @Test
  void accumulatesIntoTheRange() {
    Convolution problem = Convolution.parse("n2c7i9x10k5f3x3p1");
    ChannelRange range = new ChannelRange(3, 12);
    Epilogue residual = new Epilogue(false, true, Activation.NONE);
    for (Layout layout : new Layout[] {Layout.NCHW, Layout.NHWC}) {
      ConvOptions options = options(layout, residual, "implicit-gemm", range);
      ConvPlan plan = engine.plan(problem, options);
      Random random = new Random(3);
      try (Tensor x = tensor(problem.inputShape(), layout, randoms(problem.inputShape(), random));
          Tensor w = engine.tensor(problem.filterShape(), randoms(problem.filterShape(), random));
          Tensor y = plan.newResult().copyFrom(canaries(problem, range));
          Tensor into = plan.newResult().copyFrom(canaries(problem, range))) {
        plan.run(x, w, null, into, y);
        plan.run(x, w, null, into, into);
        assertArrayEquals(y.toFloatArray(), into.toFloatArray());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "n1c1i64x64k1f7x7p3, stencil",
    "n1c1i64x64k1f31x31p15, fft",
    "n1c8i9x9k8f3x3p1g8, depthwise"
  })
  void whoeverCannotRefuses(String spelling, String algorithm) {
    assumeTrue(available(algorithm).equals(algorithm), "needs vectors");
    Convolution problem = Convolution.parse(spelling);
    ConvOptions options = options(Layout.NCHW, Epilogue.NONE, algorithm, new ChannelRange(1, 20));
    UnsupportedProblemException refused =
        assertThrows(UnsupportedProblemException.class, () -> engine.plan(problem, options));
    assertTrue(refused.getMessage().contains("takes only whole results"), refused.getMessage());
  }
}
