package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The form of the kernels for devices that multiply four bytes at once. A device here that does not
 * is said to; the kernel then spells the product out.
 */
class DotProductTest {

  private static final List<String> PROBLEMS =
      List.of(
          "n2c3i7x9k5f3x3p1",
          "n1c70i5x5k67f1x1",
          "n1c6i9x8k10f3x3s2p1g2",
          "n1c5i6x6k4f5x5p2breflect",
          "n1c130i4x4k9f3x3p1");

  @BeforeAll
  static void needsADevice() {
    TestDevices.assumePresent();
  }

  private static Recipe recipe(DType input, DType output, Quantization quantization) {
    ConvOptions options =
        ConvOptions.builder()
            .types(input, DType.I8, output)
            .epilogue(Epilogue.BIAS)
            .quantization(quantization)
            .build();
    List<Recipe.Orders> orders =
        List.of(
            new Recipe.Orders(Layout.NCHW, Layout.NCHW),
            new Recipe.Orders(Layout.NHWC, Layout.NHWC));
    return new Recipe(input + " to " + output, options, orders, List.of(DataKind.INTEGER), false);
  }

  private static String variants(OpenClDevice device, Recipe recipe) {
    ConvProblem problem =
        recipe.problem(Convolution.parse(PROBLEMS.getFirst()), recipe.layouts().getFirst());
    return device.algorithms(ProblemFamily.CONVOLUTION).stream()
        .filter(algorithm -> algorithm.id().equals("implicit-gemm"))
        .map(algorithm -> (OpenClAlgorithm) algorithm)
        .flatMap(a -> a.variants(problem, a.space(problem).defaults()).stream())
        .map(KernelVariant::options)
        .collect(Collectors.joining());
  }

  @Test
  void productsOfFourBytesAreExactWhateverTheZeroPoints() {
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    Tally tally = new Tally();
    List<Recipe> recipes =
        List.of(
            recipe(DType.U8, DType.I8, new Quantization(128, List.of(0), List.of(0.01f), 3)),
            recipe(DType.U8, DType.I32, new Quantization(3, List.of(-7), List.of(), 0)),
            recipe(DType.I8, DType.I32, new Quantization(-128, List.of(127), List.of(), 0)));
    DeviceDescription able = TestDevices.pretending("cl_khr_integer_dot_product");
    try (OpenClDevice device = new OpenClDevice(able, KernelSource.packed(), none)) {
      assertTrue(variants(device, recipes.getFirst()).contains("-DDOT4=1"));
      Campaign campaign = new Campaign(device, tally, 64);
      for (String problem : PROBLEMS) {
        recipes.forEach(recipe -> campaign.run(Convolution.parse(problem), recipe, 1));
      }
      device.memory().close();
    }
    assertEquals(0, tally.failures(), tally::firstFailures);
    assertTrue(tally.validations("implicit-gemm") >= 30, tally::summary);
    assertTrue(tally.validations("implicit-gemm-splitk") >= 6, tally::summary);
  }
}
