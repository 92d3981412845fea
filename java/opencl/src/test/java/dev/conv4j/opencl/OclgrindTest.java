package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.KernelRejectedException;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Required;
import dev.conv4j.testkit.Tally;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every algorithm on Oclgrind, an interpreter that sees races, accesses out of bounds, divergent
 * barriers, values that nobody wrote and wrong API calls, and writes them to a log. Surefire runs
 * this class in a JVM of its own, whose environment makes Oclgrind the only driver. It takes half a
 * second to compile a kernel and runs ten thousand times slower, hence few types and problems.
 */
class OclgrindTest {

  private static final String[] PROBLEMS = {
    "n2c3i4x5k5f3x3p1",
    "n1c8i4x5k9f1x1",
    "n1c6i5x5k6f3x3s2p1g6",
    "n1c17i3x3k3f3x3p1breplicate",
    "n1c16i3x5k16f3x3p1",
    "n1c8i4x4k4f1x1g2"
  };

  /** The epilogue is the same code everywhere: every other problem has one. */
  private static List<Recipe> recipes(int problem) {
    List<Recipe> recipes = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      recipes.add(recipe(ConvOptions.builder().direction(direction)));
    }
    if (problem % 2 == 0) {
      Epilogue full = new Epilogue(true, true, Activation.RELU);
      recipes.add(recipe(ConvOptions.builder().epilogue(full)));
    }
    return recipes;
  }

  private static List<Recipe> typed() {
    return List.of(
        recipe(ConvOptions.builder().type(DType.F16)),
        recipe(
            ConvOptions.builder()
                .types(DType.U8, DType.I8, DType.I8)
                .epilogue(Epilogue.BIAS)
                .quantization(new Quantization(128, List.of(0), List.of(0.01f), 3))));
  }

  private static Recipe recipe(ConvOptionsBuilder options) {
    ConvOptions built = options.build();
    List<Recipe.Orders> orders =
        List.of(
            new Recipe.Orders(Layout.NCHW, Layout.NCHW),
            new Recipe.Orders(Layout.NHWC, Layout.NHWC));
    String name = built.inputType().spelling() + " " + built.direction();
    return new Recipe(name, built, orders, List.of(DataKind.INTEGER), false);
  }

  private static DeviceDescription checker;

  @BeforeAll
  static void needsTheChecker() {
    boolean run = System.getenv("OCLGRIND_LOG") != null;
    if (!run || new OpenClBackend().probe() instanceof Availability.Absent) {
      if (run && Required.backends().contains("oclgrind")) {
        fail("oclgrind is required and absent");
      }
      Assumptions.abort("oclgrind is absent");
    }
    assertEquals("1", System.getenv("OCLGRIND_DATA_RACES"));
    assertEquals("1", System.getenv("OCLGRIND_UNINITIALIZED"));
    assertNotNull(System.getenv("OCLGRIND_MAX_ERRORS"), "a thousand errors would silence it");
    checker = Platforms.devices().getFirst();
    assertTrue(checker.info().name().contains("Oclgrind"), () -> "not the checker: " + checker);
  }

  /** Its record of what was written belongs to the thread that opens the device. */
  private static OpenClDevice open(DeviceDescription description, KernelSource source) {
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    return new OpenClDevice(description, source, none, ShadowedMemory::new);
  }

  private static String report() throws IOException {
    Path report = Path.of(System.getenv("OCLGRIND_LOG"));
    return Files.exists(report) ? Files.readString(report, StandardCharsets.UTF_8) : "";
  }

  @Test
  void theCheckerHasNothingToReport() throws IOException {
    Tally tally = new Tally();
    try (OpenClDevice device = open(checker, KernelSource.packed())) {
      Campaign campaign = new Campaign(device, tally, 0);
      for (int i = 0; i < PROBLEMS.length; i++) {
        Convolution problem = Convolution.parse(PROBLEMS[i]);
        recipes(i).forEach(recipe -> campaign.run(problem, recipe, 1));
      }
      typed().forEach(recipe -> campaign.run(Convolution.parse(PROBLEMS[0]), recipe, 1));
      device.memory().close();
    }
    tally.write(Path.of("target", "conformance"), "oclgrind");
    System.out.println("conformance oclgrind: " + tally.summary());
    assertEquals(0, tally.failures(), "wrong results, see target/conformance/oclgrind.md");
    for (String algorithm : tally.algorithms()) {
      assertTrue(tally.validations(algorithm) >= 2, () -> algorithm + " was hardly run");
    }
    assertEquals("", report());
  }

  @Test
  void norOnTheFormForSubGroups() throws IOException {
    Tally tally = new Tally();
    DeviceDescription able = TestDevices.pretending("cl_intel_subgroups");
    // The checker's compiler says it has them, too.
    KernelSource spelledOut =
        new KernelSource(file ->
            (file.equals("gemm_tile.cl") ? "#undef cl_intel_subgroups\n" : "")
                + KernelSource.resource(file));
    try (OpenClDevice device = open(able, spelledOut)) {
      new Campaign(device, tally, 0)
          .only(Set.of("implicit-gemm"))
          .run(Convolution.parse(PROBLEMS[1]), recipe(ConvOptions.builder()), 1);
      device.memory().close();
    }
    assertEquals(0, tally.failures(), tally::firstFailures);
    assertEquals(2, tally.validations("implicit-gemm"));
    assertEquals("", report());
  }

  /** The checker's compiler has the type, its interpreter has not: this is built, and not run. */
  @Test
  void theFormForHalvesCompiles() {
    Map<String, String> macros =
        Map.of("X_TYPE", "2", "W_TYPE", "2", "Y_TYPE", "2", "LAYOUT", "NHWC", "DIRECTION", "0");
    Tuning tuning = TileShape.space(checker).defaults();
    KernelVariant variant = KernelVariant.of("implicit_gemm", macros, tuning);
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    try (CommandQueue queue = new CommandQueue(TestDevices.pretending("cl_khr_fp16"));
        Programs programs = new Programs(queue, KernelSource.packed(), none, false)) {
      assertEquals("implicit_gemm", programs.kernel(variant, "implicit_gemm").entry());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // A row of a panel in private memory that nobody fills.
        "implicit-gemm-cpu | cpu_panel.cl | for (int l = i; l | for (int l = i + 1; l",
        // An element of a tile in local memory that nobody fills.
        "direct | direct.cl | tile[i] = v; | if (i != 3) tile[i] = v;",
        // A part of a split sum that never reaches scratch.
        "implicit-gemm-splitk | implicit_gemm.cl | workspace[p.workspaceAt + row"
            + " | if (part == 0) workspace[p.workspaceAt + row",
        // A transformed filter that lacks points.
        "winograd | winograd.cl | s++) packed[ | s++) if (s != r) packed["
      })
  void aValueThatNobodyWroteIsReported(String algorithm, String file, String find, String replace)
      throws IOException {
    KernelSource source =
        new KernelSource(name -> {
          String text = KernelSource.resource(name);
          assertTrue(!name.equals(file) || text.contains(find), find);
          return name.equals(file) ? text.replace(find, replace) : text;
        });
    ConvProblem problem = new ConvProblem(Convolution.parse(PROBLEMS[4]), ConvOptions.DEFAULT);
    try (OpenClDevice device = open(checker, source)) {
      Algorithm<ConvProblem, ConvOperands> planted =
          device.algorithms(ProblemFamily.CONVOLUTION).stream()
              .filter(a -> a.id().equals(algorithm))
              .findFirst()
              .orElseThrow();
      try {
        planted.compile(problem);
      } catch (KernelRejectedException wrong) {
        // Or it did not: the checker's memory is zero at first.
        assertTrue(wrong.toString().contains(algorithm), wrong::toString);
      }
      device.memory().close();
    }
    assertTrue(report().contains("ninitialized value"), "nothing reported");
  }
}
