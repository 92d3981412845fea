package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.operator.ConversionProblem;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Types and memory orders, converted on the device and compared with the host's conversion. */
class ConversionTest {

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

  @ParameterizedTest
  @CsvSource({
    "F32,F32",
    "F32,F16",
    "F32,BF16",
    "F32,I8",
    "F32,U8",
    "F32,I32",
    "F32,F64",
    "F16,F32",
    "BF16,F32",
    "I8,F32",
    "U8,F32",
    "I32,F32",
    "F64,F32",
    "F16,F16",
    "F64,F16",
    "F16,I8",
    "BF16,F16",
    "I32,I8",
    "I8,U8",
    "U8,I32",
    "I32,F16"
  })
  void aConversionOnTheDeviceIsThatOfTheHost(DType from, DType to) {
    for (Shape shape : SHAPES) {
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

  @Test
  void onlyWhatWouldBeRoundedTwiceIsLeftToTheHost() {
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    DeviceDescription description = Platforms.devices().getFirst();
    try (OpenClDevice device = new OpenClDevice(description, KernelSource.packed(), none)) {
      var kernel = device.algorithms(ConversionProblem.FAMILY).getFirst();
      for (DType from : DType.values()) {
        for (DType to : DType.values()) {
          boolean twice = to == DType.BF16 && (from == DType.F64 || from == DType.I32);
          ConversionProblem problem =
              new ConversionProblem(SHAPES[0], from, Layout.NCHW, to, Layout.NHWC);
          boolean taken = kernel.check(problem) instanceof Verdict.Yes;
          assertEquals(!twice, taken, problem::toString);
        }
      }
      device.memory().close();
    }
  }
}
