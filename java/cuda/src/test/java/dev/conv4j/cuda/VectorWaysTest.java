package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Operands that lie in vectors are copied in vectors, whichever way they lie, and every tile that
 * is compiled for it agrees with the oracle.
 */
class VectorWaysTest {

  @TempDir static Path cache;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  @ParameterizedTest
  @CsvSource({
    "ss, FORWARD, NHWC, n2c16i5x7k72f3x3p1",
    "rs, BACKWARD_DATA, NHWC, n2c72i6x7k16f3x3s2p1",
    "rs, BACKWARD_DATA, NHWC, n1c16i5x4k32f3x3p1g2",
    "rr, BACKWARD_FILTER, NHWC, n2c16i5x7k72f3x3p1",
    "rr, BACKWARD_FILTER, NHWC, n1c32i5x4k16f3x3s2p1g2",
    "sr, FORWARD, NCHW, n2c24i8x12k72f1x1",
    "rr, BACKWARD_DATA, NCHW, n2c72i4x6k24f1x1",
    "ss, BACKWARD_FILTER, NCHW, n2c24i4x6k72f1x1",
    "se, FORWARD, NCHW, n1c8i5x7k72f3x3p1",
    "se, BACKWARD_FILTER, NCHW, n1c8i4x6k72f3x3p1",
    "sr, BACKWARD_FILTER, NHWC, n1c16i4x6k1f3x3p1",
  })
  void vectorsAreCopiedAsSuch(String way, Direction direction, Layout layout, String spelling) {
    CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache));
    Convolution problem = Convolution.parse(spelling);
    Tally tally = new Tally();
    List<Algorithm<ConvProblem, ConvOperands>> tiles = new ArrayList<>();
    try (Emulator.With all = new Emulator.With(device, tiles)) {
      tiles.addAll(ofCudaCores(device.kernels()));
      run(all, tally, problem, options(direction, layout, DType.F32, MathMode.STRICT), way);
      if (!way.contains("e")) {
        tiles.clear();
        tiles.addAll(ofTensorCores(device.kernels()));
        run(all, tally, problem, options(direction, layout, DType.F32, MathMode.TF32), way);
        run(all, tally, problem, options(direction, layout, DType.F16, MathMode.STRICT), way);
      }
    }
    System.out.println(way + " " + direction + " " + layout + ": " + tally.summary());
    assertEquals(0, tally.failures(), tally::firstFailures);
    assertTrue(tally.validations() >= 2, tally::summary);
  }

  private static List<CudaAlgorithm> ofCudaCores(Kernels kernels) {
    List<CudaAlgorithm> tiles = new ArrayList<>();
    for (String shape : List.of("128x128", "64x64")) {
      for (boolean splits : new boolean[] {false, true}) {
        tiles.add(PointwiseAlgorithm.only(kernels, shape, splits));
        tiles.add(ImplicitGemmAlgorithm.only(kernels, shape, splits));
      }
    }
    return tiles;
  }

  private static List<CudaAlgorithm> ofTensorCores(Kernels kernels) {
    List<CudaAlgorithm> tiles = new ArrayList<>();
    for (String shape : List.of("128x256", "128x128", "64x64")) {
      for (boolean splits : new boolean[] {false, true}) {
        tiles.add(TensorGemmAlgorithm.only(kernels, shape, splits));
      }
    }
    return tiles;
  }

  private static ConvOptions options(
      Direction direction, Layout layout, DType type, MathMode mode) {
    return ConvOptions.builder()
        .direction(direction)
        .layout(layout)
        .filterLayout(layout)
        .type(type)
        .mathMode(mode)
        .build();
  }

  private static void run(
      Emulator.With device, Tally tally, Convolution problem, ConvOptions options, String way) {
    for (Algorithm<ConvProblem, ConvOperands> algorithm : device.own()) {
      CudaAlgorithm tile = (CudaAlgorithm) algorithm;
      ConvProblem whole = new ConvProblem(problem, options);
      if (tile.refusal(whole) == null) {
        String kernel = String.valueOf(tile.compile(whole).facts().get("kernel"));
        boolean flat = tile instanceof ImplicitGemmAlgorithm && problem.isPointwise();
        assertTrue(flat || kernel.endsWith(way), () -> kernel + " for " + problem + options);
      }
    }
    Recipe recipe =
        new Recipe(
            options.inputType() + " " + options.mathMode(),
            options,
            List.of(new Recipe.Orders(options.layout(), options.filterLayout())),
            List.of(DataKind.FLOAT),
            false);
    new Campaign(device, tally, 64).run(problem, recipe, 3);
  }
}
