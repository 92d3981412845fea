package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.conv4j.Accuracy;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.DeviceAbsentException;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.Epilogue;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.testkit.Required;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole numbers give the same bits on the CPU, through OpenCL and through CUDA. Run by java/cli,
 * which has all three.
 */
class IntegerParityTest {

  private static final List<Convolution> PROBLEMS =
      Stream.of(
              "n2c3i7x9k5f3x3p1",
              "n1c16i6x6k16f1x1",
              "n1c8i9x8k12f3x3s2p1g2",
              "n2c6i7x7k6f3x3p1g6",
              "n1c33i5x4k13f3x3p1:2",
              "n1c4i5x4x6k8f2x3x1d2x1x1")
          .map(Convolution::parse)
          .toList();

  private static final Map<String, Engine> ENGINES = new LinkedHashMap<>();

  @BeforeAll
  static void open() {
    Emulator.demand();
    ENGINES.put("cpu", Engine.open("cpu"));
    ENGINES.put("cuda", Engine.open("cuda:0"));
    try {
      ENGINES.put("opencl", Engine.open("opencl"));
    } catch (DeviceAbsentException absent) {
      assertFalse(Required.backends().contains("opencl"), absent.getMessage());
    }
  }

  @AfterAll
  static void close() {
    ENGINES.values().forEach(Engine::close);
  }

  static List<ConvOptions> options() {
    List<ConvOptions> all = new ArrayList<>();
    Quantization bytes = new Quantization(131, List.of(-3), List.of(), 0);
    Quantization back = new Quantization(131, List.of(-3), List.of(0.0078125f / 3), 120);
    for (Layout layout : Layout.values()) {
      var plain =
          ConvOptions.builder()
              .layout(layout)
              .filterLayout(layout)
              .accuracy(Accuracy.STRICT)
              .fallback(FallbackPolicy.ALLOW);
      for (Direction direction : Direction.values()) {
        all.add(plain.direction(direction).build());
      }
      plain.direction(Direction.FORWARD).epilogue(Epilogue.BIAS);
      all.add(plain.types(DType.U8, DType.I8, DType.I32).quantization(bytes).build());
      all.add(plain.types(DType.U8, DType.I8, DType.U8).quantization(back).build());
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("options")
  void everyBackendGivesTheSameBits(ConvOptions options) {
    for (Convolution convolution : PROBLEMS) {
      ConvProblem problem = new ConvProblem(convolution, options);
      Map<String, double[]> results = new LinkedHashMap<>();
      ENGINES.forEach((backend, engine) -> results.put(backend, result(engine, problem)));
      results.forEach((backend, result) ->
          assertArrayEquals(results.get("cpu"), result, () -> backend + " and cpu: " + problem));
    }
  }

  private static double[] result(Engine engine, ConvProblem problem) {
    ConvOptions o = problem.options();
    boolean data = o.direction() == Direction.BACKWARD_DATA;
    boolean weights = o.direction() == Direction.BACKWARD_FILTER;
    Layout second = weights ? o.layout() : o.filterLayout();
    Random random = new Random(5);
    ConvPlan plan = engine.plan(problem.convolution(), o);
    DType firstType = data ? o.outputType() : o.inputType();
    DType secondType = weights ? o.outputType() : o.filterType();
    try (Tensor x = tensor(engine, random, problem.firstShape(), firstType, o.layout());
        Tensor w = tensor(engine, random, problem.secondShape(), secondType, second);
        Tensor bias =
            tensor(
                engine,
                random,
                Shape.of(Math.max(1, problem.biasLength())),
                o.biasType(),
                Layout.NCHW);
        Tensor y = plan.newResult()) {
      plan.run(x, w, o.epilogue().bias() ? bias : null, null, y);
      return y.toDoubleArray();
    }
  }

  private static Tensor tensor(
      Engine engine, Random random, Shape shape, DType type, Layout layout) {
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case U8 -> random.nextInt(256);
            case I8 -> random.nextInt(256) - 128;
            default -> random.nextInt(9) - 4;
          };
    }
    return engine.tensor(shape, type, layout).copyFrom(MemorySegment.ofArray(values), DType.F64);
  }
}
