package dev.conv4j.cpu.fft;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Accuracy;
import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Epilogue;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.cpu.machine.VectorSupport;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the reference, which sums in double precision and which the oracle holds. */
@Tag("width")
class FftTest {

  /** Transforms err by a few roundings for each of their at most twelve stages. */
  private static final double RELATIVE_ERROR = 12 * Math.ulp(1f);

  private Engine engine;

  @BeforeEach
  void open() {
    Assumptions.assumeTrue(VectorSupport.isUsable(), VectorSupport.warning());
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(2));
  }

  @AfterEach
  void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private static float[] values(Random random, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    return values;
  }

  private float[] run(Convolution c, ConvOptions options, String algorithm, boolean packed) {
    Random random = new Random(7);
    ConvPlan plan = engine.plan(c, options.toBuilder().algorithm(algorithm).build());
    try (Tensor x = engine.tensor(c.inputShape(), values(random, c.inputShape()));
        Tensor w = engine.tensor(c.filterShape(), values(random, c.filterShape()));
        Tensor bias = engine.tensor(Shape.of(c.filters()), values(random, Shape.of(c.filters())));
        Tensor y = engine.tensor(c.outputShape(), values(random, c.outputShape()))) {
      Tensor b = options.epilogue().bias() ? bias : null;
      Tensor residual = options.epilogue().residual() ? y : null;
      if (packed) {
        try (var filter = plan.pack(w)) {
          plan.run(x, filter, b, residual, y);
        }
      } else {
        plan.run(x, w, b, residual, y);
      }
      return y.toFloatArray();
    }
  }

  /** One tile and many, rests of a group, long and wide, several channels and filters of one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "c1i40k1f32",
        "c1i5000k1f63p31",
        "c1i20011k1f1023p511",
        "n2c3i900k6f33p16:15g3",
        "c1i40x37k1f7x7p3",
        "c1i211x190k1f15x15p7",
        "c1i300x64k1f31x31p15x0",
        "n2c2i70x90k4f6x7p3:2x1:3g2",
        "c1i300x33k1f40x1p20x0",
      })
  void agreesWithTheReference(String problem) {
    Convolution c = Convolution.parse(problem);
    double allowed = RELATIVE_ERROR * Math.sqrt((double) c.filter().product()) * 2;
    for (boolean flipped : new boolean[] {false, true}) {
      ConvOptions plain = ConvOptions.builder().flipped(flipped).build();
      for (Epilogue epilogue :
          new Epilogue[] {Epilogue.NONE, new Epilogue(true, true, Activation.RELU)}) {
        ConvOptions options = plain.toBuilder().epilogue(epilogue).build();
        float[] expected = run(c, options, "reference", false);
        float[] actual = run(c, options, "fft", flipped);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
          worst = Math.max(worst, Math.abs(expected[i] - actual[i]));
          assertTrue(Float.isFinite(actual[i]));
        }
        assertTrue(worst <= allowed, problem + ": " + worst + " of " + allowed);
      }
    }
  }

  @Test
  void threadsDoNotChangeABit() {
    Convolution c = Convolution.parse("c2i5000k2f63p31g2");
    float[] two = run(c, ConvOptions.DEFAULT, "fft", false);
    engine.close();
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
    assertArrayEquals(run(c, ConvOptions.DEFAULT, "fft", true), two);
  }

  @Test
  void strictAccuracyRefusesIt() {
    Convolution c = Convolution.parse("c1i60000k1f2047p1023");
    assertEquals("fft", engine.plan(c, ConvOptions.DEFAULT).algorithm());
    ConvPlan strict = engine.plan(c, ConvOptions.builder().accuracy(Accuracy.STRICT).build());
    assertNotEquals("fft", strict.algorithm());
    assertInstanceOf(Refusal.Inaccurate.class, refusal(strict.explain()));
  }

  @ParameterizedTest
  @CsvSource({
    "c2i900k2f63, GROUPS",
    "c1i90x90k1f7x7s2, SHAPE",
    "c1i90x90k1f7x7d2, SHAPE",
    "c1i90x90k1f5x5, SHAPE",
    "c1i90x90k1f7x7p4, SHAPE",
    "c1i90x90k1f7x7p3breflect, BORDER",
    "c1i900000k1f90000, SHAPE",
  })
  void refusesWithAReason(String problem, Refusal.Aspect aspect) {
    UnsupportedProblemException refused =
        assertThrows(
            UnsupportedProblemException.class,
            () ->
                engine.plan(
                    Convolution.parse(problem), ConvOptions.builder().algorithm("fft").build()));
    Refusal reason = refusal(refused.explanation());
    assertEquals(aspect, assertInstanceOf(Refusal.Unsupported.class, reason).aspect());
  }

  /** Returns why this algorithm was not taken. */
  private static Refusal refusal(PlanExplanation explanation) {
    return explanation.candidates().stream()
        .filter(candidate -> candidate.algorithm().equals("fft"))
        .findFirst()
        .orElseThrow()
        .refusal();
  }

  @Test
  void doublesAreRefused() {
    ConvOptions doubles = ConvOptions.builder().type(DType.F64).algorithm("fft").build();
    assertThrows(
        UnsupportedProblemException.class,
        () -> engine.plan(Convolution.parse("c1i900k1f63"), doubles));
  }
}
