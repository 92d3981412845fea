package dev.conv4j.cpu.stencil;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.conv4j.Activation;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cpu.Allocations;
import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
class StencilTest {

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

  private Tensor numbers(Random random, Shape shape, boolean fractions) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = fractions ? random.nextFloat() - 0.5f : random.nextInt(-8, 9);
    }
    return engine.tensor(shape, values);
  }

  private float[] run(Convolution c, ConvOptions options, String algorithm, boolean fractions) {
    Random random = new Random(1);
    ConvPlan plan = engine.plan(c, options.toBuilder().algorithm(algorithm).build());
    assertEquals(algorithm, plan.algorithm());
    try (Tensor x = numbers(random, c.inputShape(), fractions);
        Tensor w = numbers(random, c.filterShape(), fractions);
        Tensor bias = numbers(random, Shape.of(c.filters()), fractions);
        Tensor y = numbers(random, c.outputShape(), fractions)) {
      boolean residual = options.epilogue().residual();
      plan.run(x, w, options.epilogue().bias() ? bias : null, residual ? y : null, y);
      return y.toFloatArray();
    }
  }

  private void matches(Convolution c, ConvOptions options) {
    assertArrayEquals(
        run(c, options, "reference", false), run(c, options, "stencil", false), c.toString());
  }

  /** Each kernel, rows of odd number, parts of vectors, items beside and below each other. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c1i130x130k1f3x3p1",
        "c1i67x61k1f3x3",
        "c1i1x1k1f1",
        "c1i9x3000k1f5x5p2",
        "n2c2i31x40k6f7x2p3x0g2",
        "c1i200x300k1f9x9p4",
        "c1i40x20k3f4x5p1:3x2:0",
        "c1i70000k1f63p31",
        "c3i5x5k3f3x3p7g3",
        "c1i3x3k1f2x3p60",
        "c2i2x90k2f3x3p0:1x1:0g2",
      })
  void agreesWithTheReferenceToTheBit(String problem) {
    Convolution c = Convolution.parse(problem);
    for (boolean flipped : new boolean[] {false, true}) {
      ConvOptions options = ConvOptions.builder().flipped(flipped).build();
      matches(c, options);
      matches(c, options.toBuilder().epilogue(new Epilogue(true, true, Activation.RELU6)).build());
      matches(c, options.toBuilder().epilogue(Epilogue.BIAS).build());
    }
  }

  @ParameterizedTest
  @EnumSource(Border.class)
  void continuesTheInputBeyondItsBorder(Border border) {
    for (String problem : new String[] {"c1i40x50k1f7x9p3x4", "c2i3x17k2f3x3p1g2"}) {
      String suffix = border == Border.ZEROS ? "" : "b" + border.spelling();
      matches(Convolution.parse(problem + suffix), ConvOptions.DEFAULT);
    }
  }

  /** Items and their rows differ with the number of threads. */
  @ParameterizedTest
  @ValueSource(strings = {"n2c3i301x200k6f5x5p2g3", "c1i150001k1f9p4", "c1i700x333k1f3x3p1"})
  void threadsDoNotChangeABit(String problem) {
    Convolution c = Convolution.parse(problem);
    float[] three = run(c, ConvOptions.DEFAULT, "stencil", true);
    engine.close();
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
    assertArrayEquals(run(c, ConvOptions.DEFAULT, "stencil", true), three);
  }

  @ParameterizedTest
  @CsvSource({
    "c4i9x9k4f3x3g2, GROUPS",
    "c4i9x9x9k4f3x3x3g4, SHAPE",
    "c4i9x9k4f3x3s2g4, SHAPE",
    "c4i9x9k4f3x3d2g4, SHAPE",
  })
  void refusesWithAReason(String problem, Refusal.Aspect aspect) {
    UnsupportedProblemException refused =
        assertThrows(
            UnsupportedProblemException.class,
            () ->
                engine.plan(
                    Convolution.parse(problem),
                    ConvOptions.builder().algorithm("stencil").build()));
    Refusal reason =
        refused.explanation().candidates().stream()
            .filter(candidate -> candidate.algorithm().equals("stencil"))
            .findFirst()
            .orElseThrow()
            .refusal();
    assertEquals(aspect, assertInstanceOf(Refusal.Unsupported.class, reason).aspect());
  }

  @Test
  @Tag("allocation")
  void kernelsAllocateNothing() {
    MemorySegment m = Arena.ofShared().allocate(1 << 16, 64);
    for (RowKernel kernel : new RowKernel[] {new Rows3x3(), new RowsOfTaps(2, 5)}) {
      long[] rowsAt = {0, 1 << 10, 2 << 10, 3 << 10};
      long yAt = 8 << 10;
      long spareAt = yAt + 2L * 256 * Lanes.COUNT;
      Runnable call =
          () -> kernel.run(m, rowsAt, m, 0, m, yAt, yAt + (1 << 12), 8, m, spareAt + (1 << 12));
      assertEquals(0, Allocations.perCall(call), kernel.getClass().getSimpleName());
    }
  }
}
