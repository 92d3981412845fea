package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.DeviceFailureException;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.KernelRejectedException;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Suite and emulator bite: each fault of {@code faults.txt} turns validations red. */
class PlantedFaultsTest {

  /** Enough products for several tiles, and no size a multiple of a tile; the turn gives types. */
  private static final List<Convolution> PROBLEMS =
      Stream.of("n1c16i5x7k70f3x3p1", "n1c16i6x7k9f3x3p1", "n1c5i9x9k7f3x3p1")
          .map(Convolution::parse)
          .toList();

  /** For kernels without tiles of a product, and for those that are one for each of many points. */
  private static final List<Convolution> SMALL =
      Stream.of("n2c3i5x18k7f3x3p1", "n1c5i9x5k10f3x3p1g5").map(Convolution::parse).toList();

  /** Rows and columns of several tiles in whole vectors. */
  private static final Convolution VECTORS = Convolution.parse("n1c72i5x6k72f3x3p1");

  /** Planes of whole words of pixels. */
  private static final Convolution PIXELS = Convolution.parse("n2c40i5x6k9f3x3p1");

  /** A sum over a batch that is cut into more parts than one thread adds. */
  private static final Convolution PARTS = Convolution.parse("n5c5i9x9k7f3x3p1");

  private static final PointwiseProblem POINTWISE =
      new PointwiseProblem(
          PointwiseProblem.Function.ADD,
          Activation.NONE,
          List.of(4L),
          List.of(List.of(1L), List.of(0L)));
  private static final PoolingProblem POOLING =
      new PoolingProblem(
          PoolingProblem.Kind.MAX,
          1,
          new Axes(1, 4, 4),
          new Axes(1, 2, 2),
          Axes.ONES,
          Axes.ONES,
          Axes.ZEROS,
          Axes.ZEROS,
          new Axes(1, 3, 3));
  private static final ProductProblem PRODUCT =
      new ProductProblem(1, 2, 3, 4, false, true, 0, 0, 1, false, Activation.NONE);

  /** Variants that were found sound, so that each is run once. */
  private final Set<String> sound = new HashSet<>();

  @TempDir static Path folder;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  @TestFactory
  Stream<DynamicTest> everyPlantedFaultIsFound() {
    return new String(read("faults.txt"), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split(" [|] ", 3))
        .map(fault ->
            dynamicTest(
                fault[0],
                () -> {
                  if (fault[1].startsWith("operator-")) {
                    isRejected(fault[0], fault[1]);
                  } else {
                    isFound(fault[0], fault[1]);
                  }
                }));
  }

  /** Operators have one kernel each, which certification judges. */
  private static void isRejected(String fault, String variant) {
    byte[] image = read(fault + ".fatbin");
    certify(KernelLibrary.packed(), variant);
    KernelLibrary planted =
        new KernelLibrary(KernelLibrary.table()) {
          @Override
          byte[] image(KernelVariant wanted) {
            return wanted.name().equals(variant) ? image : super.image(wanted);
          }
        };
    RuntimeException rejected =
        assertThrows(RuntimeException.class, () -> certify(planted, variant), fault);
    assertTrue(
        rejected instanceof KernelRejectedException || rejected instanceof DeviceFailureException,
        rejected::toString);
    System.out.printf("planted fault %s: %s%n", fault, rejected.getMessage());
    Emulator.findings();
  }

  private static void certify(KernelLibrary library, String variant) {
    try (CudaDevice device = Emulator.open(library, CacheDirectory.at(folder.resolve("none")))) {
      switch (variant) {
        case "operator-pointwise" -> certify(device, PointwiseProblem.FAMILY, POINTWISE);
        case "operator-pooling" -> certify(device, PoolingProblem.FAMILY, POOLING);
        case "operator-product" -> certify(device, ProductProblem.FAMILY, PRODUCT);
        default -> certify(device, SoftmaxProblem.FAMILY, new SoftmaxProblem(1, 9, 1, true));
      }
      device.memory().close();
    }
  }

  private static <P extends OperatorProblem> void certify(
      CudaDevice device, ProblemFamily<P, OperatorOperands> family, P problem) {
    device.algorithms(family).getFirst().compile(problem);
  }

  private void isFound(String fault, String variant) {
    byte[] image = read(fault + ".fatbin");
    KernelLibrary planted =
        new KernelLibrary(KernelLibrary.table()) {
          @Override
          byte[] image(KernelVariant wanted) {
            return wanted.name().equals(variant) ? image : super.image(wanted);
          }

          // That of the sound kernel, so that the fault gets past certification.
          @Override
          String hash(KernelVariant wanted) {
            return KernelLibrary.packed().hash(wanted);
          }
        };
    CacheDirectory cache = CacheDirectory.at(folder.resolve("cache"));
    if (sound.add(variant)) {
      assertEquals(0, run(KernelLibrary.packed(), cache, variant).failures(), "without the fault");
    }
    Emulator.findings();
    Tally tally = run(planted, cache, variant);
    String finding = Emulator.findings().lines().findFirst().orElse("no finding, wrong results");
    System.out.printf(
        "planted fault %s: %d of %d validations red; %s%n",
        fault, tally.failures(), tally.validations(), finding);
    assertTrue(tally.failures() > 0, () -> fault + " in " + variant + " is not found");
    // Results are wrong, too: where a GPU would stop, the emulator must.
    assertEquals(fault.startsWith("misaligned"), finding.contains("not aligned"), finding);
  }

  private static CudaAlgorithm algorithm(Kernels kernels, String variant) {
    return switch (variant.replaceFirst("-[0-9].*", "")) {
      case "reduce-split" -> ImplicitGemmAlgorithm.only(kernels, "64x64", true);
      case "channels-last" -> new ChannelsLastGemmAlgorithm(kernels);
      case "implicit-gemm" -> ImplicitGemmAlgorithm.only(kernels, "64x64", false);
      case "winograd" -> WinogradAlgorithm.fourByThree(kernels);
      case "few-channel" -> new FewChannelAlgorithm(kernels);
      case "direct" -> new DirectAlgorithm(kernels);
      case "im2col" -> new Im2colGemmAlgorithm(kernels);
      case "depthwise-f32-f3" -> new DepthwiseAlgorithm(kernels);
      default -> TensorGemmAlgorithm.only(kernels, "64x64", false);
    };
  }

  private static Tally run(KernelLibrary library, CacheDirectory cache, String variant) {
    CudaDevice device = Emulator.open(library, cache);
    CudaAlgorithm algorithm = algorithm(device.kernels(), variant);
    Tally tally = new Tally();
    try (Emulator.With only = new Emulator.With(device, List.of(algorithm))) {
      Campaign campaign = new Campaign(only, tally, 64);
      if (variant.matches("tensor-gemm-.*-(rr|rs)")) {
        gradients(variant).forEach(gradient -> campaign.run(VECTORS, gradient, 7));
      } else if (variant.startsWith("channels-last")) {
        campaign.run(PIXELS, recipe(Layout.NCHW, half(Direction.FORWARD)), 7);
      } else if (variant.startsWith("reduce-split")) {
        campaign.run(PARTS, Recipe.plain(Direction.BACKWARD_FILTER, DataKind.INTEGER), 7);
      } else {
        campaign.run(variant.contains("gemm") ? PROBLEMS : SMALL, 7);
      }
    }
    return tally;
  }

  /** Operands lie in vectors along rows and columns in the gradients of channels last. */
  private static Stream<Recipe> gradients(String variant) {
    return Stream.of(Direction.BACKWARD_DATA, Direction.BACKWARD_FILTER)
        .map(direction ->
            variant.contains("f16")
                ? half(direction)
                : ConvOptions.builder().direction(direction).mathMode(MathMode.TF32))
        .map(options -> recipe(Layout.NHWC, options));
  }

  private static ConvOptionsBuilder half(Direction direction) {
    return ConvOptions.builder().direction(direction).type(DType.F16);
  }

  private static Recipe recipe(Layout layout, ConvOptionsBuilder options) {
    return new Recipe(
        "as given",
        options.build(),
        List.of(new Recipe.Orders(layout, layout)),
        List.of(DataKind.INTEGER),
        false);
  }

  private static byte[] read(String file) {
    try (InputStream in = PlantedFaultsTest.class.getResourceAsStream("faults/" + file)) {
      return Objects.requireNonNull(in, file).readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
