package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Activation;
import dev.conv4j.ChannelRange;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.Epilogue;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.Layout;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.UnsupportedProblemException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every algorithm on integer data: to the bit, or so that rounding gives the bits. */
class OpenClAlgorithmsTest {

  private static final String[] PROBLEMS = {
    "n2c3i7x9k5f3x3p1",
    "n1c64i14x14k32f1x1",
    "n2c20i9x11k37f3x3s2p1",
    "n1c4i12k6f5p2d2",
    "n1c6i4x5x6k4f3x2x1p1x0x0g2",
    "n2c8i9x9k8f3x3p1g8",
    "n1c6i11x10k12f5x5s2p2g6",
    "n1c3i32x32k16f7x7s2p3",
    "n2c33i10x10k65f3x3p1:2",
    "n1c8i6x6k8f3x3p2breflect",
    "n1c8i6x6k8f3x3p2breplicate",
    "n1c8i6x6k8f3x3p2bcircular",
    "n1c16i6x6k16f3x3p4",
    "n1c300i5x5k40f1x1s2"
  };

  private static Engine engine;

  @BeforeAll
  static void open() {
    TestDevices.assumePresent();
    engine = Engine.open("opencl");
  }

  @AfterAll
  static void close() {
    if (engine != null) {
      engine.close();
    }
  }

  @Test
  void resultsAreWholeTensors() {
    ConvOptions options = ConvOptions.builder().resultRange(new ChannelRange(1, 9)).build();
    Convolution problem = Convolution.parse(PROBLEMS[0]);
    assertThrows(UnsupportedProblemException.class, () -> engine.plan(problem, options));
  }

  static List<ConvOptions> options() {
    List<ConvOptions> all = new ArrayList<>();
    Epilogue full = new Epilogue(true, true, Activation.RELU);
    for (Direction direction : Direction.values()) {
      for (Layout layout : Layout.values()) {
        var b = ConvOptions.builder().direction(direction).layout(layout).filterLayout(layout);
        all.add(b.build());
        if (direction != Direction.BACKWARD_FILTER) {
          all.add(b.flipped(true).epilogue(full).build());
        }
        if (layout == Layout.NCHW) {
          for (DType type : new DType[] {DType.F16, DType.BF16, DType.F64}) {
            all.add(ConvOptions.builder().direction(direction).types(type, type, type).build());
          }
        }
      }
    }
    for (Layout layout : Layout.values()) {
      all.add(ConvOptions.builder().layout(layout).types(DType.U8, DType.I8, DType.I32).build());
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("options")
  void everyAlgorithmGetsIntegersRight(ConvOptions options) {
    int ran = 0;
    for (String spelling : PROBLEMS) {
      Convolution v = Convolution.parse(spelling);
      ConvOptions quiet = options.toBuilder().fallback(FallbackPolicy.ALLOW).build();
      for (PlanExplanation.Candidate candidate : engine.plan(v, quiet).explain().candidates()) {
        ran +=
            run(v, quiet.toBuilder().algorithm(candidate.algorithm()).build(), candidate) ? 1 : 0;
      }
    }
    assertTrue(ran >= PROBLEMS.length, "ran " + ran);
  }

  private static boolean run(
      Convolution v, ConvOptions options, PlanExplanation.Candidate candidate) {
    double slack = candidate.algorithm().equals("winograd-cpu") ? 0.25 : 0;
    ConvPlan plan;
    try {
      plan = engine.plan(v, options);
    } catch (UnsupportedProblemException refused) {
      return false;
    }
    Random random = new Random(7);
    Direction d = options.direction();
    Shape firstShape = d == Direction.BACKWARD_DATA ? v.outputShape() : v.inputShape();
    Shape secondShape = d == Direction.BACKWARD_FILTER ? v.outputShape() : v.filterShape();
    Shape resultShape =
        d == Direction.FORWARD
            ? v.outputShape()
            : d == Direction.BACKWARD_DATA ? v.inputShape() : v.filterShape();
    DType firstType = d == Direction.BACKWARD_DATA ? options.outputType() : options.inputType();
    DType secondType = d == Direction.BACKWARD_FILTER ? options.outputType() : options.filterType();
    Layout secondLayout =
        d == Direction.BACKWARD_FILTER ? options.layout() : options.filterLayout();
    Layout resultLayout =
        d == Direction.BACKWARD_FILTER ? options.filterLayout() : options.layout();
    double[] first = values(random, firstShape, firstType);
    double[] second = values(random, secondShape, secondType);
    double[] want = Scatter.sums(v, options, first, second);
    Epilogue e = options.epilogue();
    double[] bias = values(random, Shape.of(resultShape.dim(1)), options.resultType());
    double[] residual = values(random, resultShape, options.resultType());
    if (e.bias()) {
      int pixels = (int) (resultShape.elements() / resultShape.dim(0) / resultShape.dim(1));
      for (int i = 0; i < want.length; i++) {
        want[i] += bias[(int) (i / pixels % resultShape.dim(1))];
        want[i] = e.activation().apply(want[i] + residual[i]);
      }
    }
    try (Tensor x = tensor(first, firstShape, firstType, options.layout());
        Tensor w = tensor(second, secondShape, secondType, secondLayout);
        Tensor b = tensor(bias, Shape.of(bias.length), options.biasType(), Layout.NCHW);
        Tensor z = tensor(residual, resultShape, options.resultType(), resultLayout);
        Tensor y = plan.newResult()) {
      plan.run(x, w, e.bias() ? b : null, e.residual() ? z : null, y);
      assertArrayEquals(want, y.toDoubleArray(), slack, plan.algorithm() + " " + v + " " + options);
      if (d != Direction.BACKWARD_FILTER) {
        try (var packed = plan.pack(w)) {
          plan.run(x, packed, e.bias() ? b : null, e.residual() ? z : null, z);
          if (e.residual()) {
            assertArrayEquals(
                want, z.toDoubleArray(), slack, "in place " + plan.algorithm() + " " + v);
          }
        }
      }
    }
    return true;
  }

  private static double[] values(Random random, Shape shape, DType type) {
    double[] values = new double[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          random.nextInt(type == DType.BF16 ? 8 : 3) == 0
              ? random.nextInt(3) - (type == DType.U8 ? 0 : 1)
              : 0;
    }
    return values;
  }

  private static Tensor tensor(double[] values, Shape shape, DType type, Layout layout) {
    return engine.tensor(shape, type, layout).copyFrom(MemorySegment.ofArray(values), DType.F64);
  }
}
