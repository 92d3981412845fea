package dev.conv4j.cpu.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values worked out by hand, and the adjoint, which no shared formula can satisfy by accident. */
class ReferenceTest {

  private static final ConvOptions REFERENCE = ConvOptions.builder().algorithm("reference").build();

  private final Engine engine = Engine.open("cpu");

  @AfterEach
  void close() {
    engine.close();
  }

  private double[] run(String problem, ConvOptions options, double[] first, double[] second) {
    Convolution c = Convolution.parse(problem);
    var p = new dev.conv4j.spi.ConvProblem(c, options);
    boolean filterGradient = options.direction() == Direction.BACKWARD_FILTER;
    DType a =
        options.direction() == Direction.BACKWARD_DATA ? options.outputType() : options.inputType();
    DType b = filterGradient ? options.outputType() : options.filterType();
    Layout l = filterGradient ? options.layout() : options.filterLayout();
    try (Tensor x = engine.tensor(p.firstShape(), a, options.layout());
        Tensor w = engine.tensor(p.secondShape(), b, l)) {
      x.copyFrom(MemorySegment.ofArray(first), DType.F64);
      w.copyFrom(MemorySegment.ofArray(second), DType.F64);
      try (Tensor y = engine.plan(c, options).run(x, w)) {
        return y.toDoubleArray();
      }
    }
  }

  private static double[] of(double... values) {
    return values;
  }

  @Test
  void eachTapMeetsItsNeighbour() {
    assertArrayEquals(
        of(12, 123, 234, 340), run("i4k1c1f3p1", REFERENCE, of(1, 2, 3, 4), of(100, 10, 1)));
  }

  @Test
  void flippedFilterRunsBackwards() {
    ConvOptions flipped = REFERENCE.toBuilder().flipped(true).build();
    assertArrayEquals(
        of(210, 321, 432, 43), run("i4k1c1f3p1", flipped, of(1, 2, 3, 4), of(100, 10, 1)));
  }

  @Test
  void borderHoldsWhatItsNameSays() {
    double[] x = {1, 2, 3};
    double[] w = {10000, 1000, 100, 10, 1};
    assertArrayEquals(of(123, 1230, 12300), run("i3k1c1f5p2bzeros", REFERENCE, x, w));
    assertArrayEquals(of(11123, 11233, 12333), run("i3k1c1f5p2breplicate", REFERENCE, x, w));
    assertArrayEquals(of(32123, 21232, 12321), run("i3k1c1f5p2breflect", REFERENCE, x, w));
    assertArrayEquals(of(23123, 31231, 12312), run("i3k1c1f5p2bcircular", REFERENCE, x, w));
  }

  @Test
  void strideAndDilationSkip() {
    assertArrayEquals(of(13, 35), run("i5k1c1f2s2d2", REFERENCE, of(1, 2, 3, 4, 5), of(10, 1)));
  }

  @Test
  void groupsKeepToThemselves() {
    assertArrayEquals(
        of(2, 6, 15, 20), run("i1c4k4f1g2", REFERENCE, of(1, 2, 3, 4), of(0, 1, 2, 2, 5, 0, 0, 5)));
  }

  @Test
  void zeroPointsAndMultipliersApplyByFilter() {
    ConvOptions options =
        REFERENCE.toBuilder()
            .types(DType.U8, DType.I8, DType.I8)
            .quantization(new Quantization(128, List.of(1, -1), List.of(0.5f, 100f), 3))
            .build();
    // (200-128)(5-1)/2 + 3 saturates at 127; (200-128)(5+1)·100 too; then 1·4/2+3 and 1·6·100.
    assertArrayEquals(of(127, 5, 127, 127), run("i2c1k2f1", options, of(200, 129), of(5, 5)));
    // ties go to even: 1·(2-1)/2 = 0.5 -> 0, 3·1/2 = 1.5 -> 2
    assertArrayEquals(
        of(3, 5),
        run(
            "i2c1k1f1",
            options.toBuilder()
                .quantization(new Quantization(128, List.of(1), List.of(0.5f), 3))
                .build(),
            of(129, 131),
            of(2)));
  }

  @Test
  void epilogueAddsThenActivates() {
    ConvOptions options =
        REFERENCE.toBuilder().epilogue(new Epilogue(true, true, Activation.RELU)).build();
    try (Tensor x = engine.tensor(Shape.of(1, 1, 3), 1, 2, 3);
        Tensor w = engine.tensor(Shape.of(1, 1, 1), 2);
        Tensor bias = engine.tensor(Shape.of(1), -5);
        Tensor y = engine.tensor(Shape.of(1, 1, 3), 10, -20, 0.5f)) {
      engine.plan(Convolution.parse("i3c1k1f1"), options).run(x, w, bias, y, y);
      assertArrayEquals(new float[] {7, 0, 1.5f}, y.toFloatArray());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F64", "F16", "BF16"})
  void everyFloatingTypeComputesTheSame(DType type) {
    ConvOptions options = REFERENCE.toBuilder().types(type, type, type).build();
    assertArrayEquals(
        of(12, 123, 234, 340), run("i4k1c1f3p1", options, of(1, 2, 3, 4), of(100, 10, 1)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n2c4i5x6k6f3x2s2x1p1x0d1x2g2",
        "n2c2i4x5x6k3f2x3x3s1x2x3p1:0x1:2x2",
        "c3i5x7k2f3x5p2x4breflect",
        "c2i5x7k2f3x5s2p5x7bcircular",
        "c2i3x4k2f3x3s1x2p4:1x0:5breplicate",
        "c4i9k8f3s2p1g4",
      })
  void gradientsAreTheAdjointsToTheBit(String problem) {
    for (Layout layout : Layout.values()) {
      for (boolean flipped : new boolean[] {false, true}) {
        ConvOptions forward =
            REFERENCE.toBuilder().layout(layout).filterLayout(layout).flipped(flipped).build();
        Convolution c = Convolution.parse(problem);
        Random random = new Random(1);
        double[] x = integers(random, c.inputShape());
        double[] w = integers(random, c.filterShape());
        double[] dy = integers(random, c.outputShape());
        ConvOptions data = forward.toBuilder().direction(Direction.BACKWARD_DATA).build();
        ConvOptions filter = forward.toBuilder().direction(Direction.BACKWARD_FILTER).build();
        double expected = dot(run(problem, forward, x, w), dy);
        assertEquals(expected, dot(run(problem, data, dy, w), x), problem);
        assertEquals(expected, dot(run(problem, filter, x, dy), w), problem);
      }
    }
  }

  private static double[] integers(Random random, Shape shape) {
    return random.ints(shape.elements(), -8, 9).asDoubleStream().toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
