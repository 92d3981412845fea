package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Types and memory orders, converted on the device and compared with the host's conversion. */
public abstract class ConversionConformance {

  private static final Shape[] SHAPES = {
    Shape.of(2, 3, 5, 7), Shape.of(1, 67, 3), Shape.of(3, 2, 2, 3, 5), Shape.of(211)
  };

  /** Ties, both zeros, what saturates, what is below the smallest half, and what no number is. */
  private static final double[] TELLING = {
    0.5,
    1.5,
    2.5,
    -0.5,
    -1.5,
    0.0,
    -0.0,
    126.5,
    127.5,
    -128.5,
    -129,
    255.5,
    300,
    65519,
    65520,
    -7e4,
    3e-8,
    2.9e-8,
    1.00390625,
    1.01171875,
    3e9,
    -3e9,
    1e39,
    Double.NaN,
    Double.POSITIVE_INFINITY
  };

  /** One for all pairs; a subclass's own tests have none. */
  private @Nullable Engine engine;

  /** For subclasses. */
  protected ConversionConformance() {}

  /** Returns the device's spelling. */
  protected abstract String device();

  private static double[] values(int count) {
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = i < TELLING.length ? TELLING[i] : random.nextGaussian() * (i % 2 == 0 ? 1 : 1000);
    }
    return values;
  }

  /** What the host makes of values that went through one type into another. */
  private static double[] converted(double[] values, DType from, DType to) {
    MemorySegment cell = MemorySegment.ofArray(new long[1]);
    double[] converted = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      from.store(cell, 0, values[i]);
      to.store(cell, 0, from.load(cell, 0));
      converted[i] = to.load(cell, 0);
    }
    return converted;
  }

  /** Every pair of types, in every pair of memory orders. */
  @TestFactory
  List<DynamicTest> aConversionIsThatOfTheHost() {
    Engine opened = Engine.open(device());
    engine = opened;
    List<DynamicTest> tests = new ArrayList<>();
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        tests.add(DynamicTest.dynamicTest(from + " to " + to, () -> converts(opened, from, to)));
      }
    }
    return tests;
  }

  @AfterEach
  void close() {
    if (engine != null) {
      engine.close();
    }
  }

  private static void converts(Engine engine, DType from, DType to) {
    for (Shape shape : SHAPES) {
      converts(engine, shape, from, to);
    }
  }

  private static void converts(Engine engine, Shape shape, DType from, DType to) {
    double[] values = values((int) shape.elements());
    for (Layout layout : Layout.values()) {
      for (Layout other : Layout.values()) {
        if (shape.rank() < 3 && (layout == Layout.NHWC || other == Layout.NHWC)) {
          continue;
        }
        try (Tensor x =
                engine
                    .tensor(shape, from, layout)
                    .copyFrom(MemorySegment.ofArray(values), DType.F64);
            Tensor y = x.convert(to, other)) {
          assertEquals(to, y.type());
          assertEquals(other, y.layout());
          assertArrayEquals(
              converted(values, from, to), y.toDoubleArray(), shape + " " + layout + " " + other);
        }
      }
    }
  }
}
