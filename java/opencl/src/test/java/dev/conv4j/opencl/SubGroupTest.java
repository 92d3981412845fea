package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.Quantization;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The form of the tiled product for devices whose lanes read each other's registers. A device here
 * that cannot is said to; the kernel then spells the exchange out.
 */
class SubGroupTest {

  private static final String SHUFFLES = "cl_khr_subgroup_shuffle";

  private static final List<String> PROBLEMS =
      List.of(
          "n2c3i7x9k5f3x3p1", "n1c70i5x5k67f1x1", "n1c6i9x8k10f3x3s2p1g2", "n1c130i4x4k9f3x3p1");

  /**
   * Sub-groups of one work-item, numbered backwards: what the kernel asks of a device that has
   * them, on one that does not.
   */
  private static final String NATIVE =
      """
      #define cl_khr_subgroup_shuffle 1
      #define get_max_sub_group_size() 1u
      #define get_sub_group_local_id() 0u
      #define get_sub_group_id() (ITEMS - 1 - (get_local_id(1) * ITEMS_NPQ + get_local_id(0)))
      #define sub_group_shuffle(v, lane) ((lane) == 0 ? (v) : 77)
      """;

  @BeforeAll
  static void needsADevice() {
    TestDevices.assumePresent();
  }

  private static final Set<String> SHARING =
      Set.of("implicit-gemm", "implicit-gemm-splitk", "im2col-gemm", "pointwise", "winograd");

  private static Recipe recipe(ConvOptionsBuilder options, Layout... layouts) {
    ConvOptions built = options.build();
    List<Recipe.Orders> orders =
        Arrays.stream(layouts).map(layout -> new Recipe.Orders(layout, layout)).toList();
    return new Recipe(built.toString(), built, orders, List.of(DataKind.INTEGER), false);
  }

  private static Tally run(String find, String replace, List<Recipe> recipes) {
    KernelSource source =
        new KernelSource(file -> {
          String text = KernelSource.resource(file);
          assertTrue(!file.equals("gemm_tile.cl") || text.contains(find), find);
          return file.equals("gemm_tile.cl") ? text.replace(find, replace) : text;
        });
    Tally tally = new Tally();
    CacheDirectory none = CacheDirectory.at(Path.of("/dev/null/none"));
    try (OpenClDevice device = new OpenClDevice(TestDevices.pretending(SHUFFLES), source, none)) {
      Campaign campaign = new Campaign(device, tally, 64).only(SHARING);
      for (String problem : PROBLEMS) {
        recipes.forEach(recipe -> campaign.run(Convolution.parse(problem), recipe, 1));
      }
      device.memory().close();
    }
    assertEquals(0, tally.failures(), tally::firstFailures);
    return tally;
  }

  /** Fewer lanes than work-items along the columns, and more. */
  @ParameterizedTest
  @ValueSource(ints = {4, 64})
  void productsAreExactWhateverTheSizeOfASubGroup(int lanes) {
    Tally tally =
        run(
            "#define LANES 8 ",
            "#define LANES " + lanes + " ",
            List.of(recipe(ConvOptions.builder(), Layout.NCHW)));
    assertEquals(SHARING, Set.copyOf(tally.algorithms()));
  }

  @Test
  void productsAreExactWhateverTheNumberingOfSubGroups() {
    List<Recipe> recipes = new ArrayList<>();
    recipes.add(recipe(ConvOptions.builder(), Layout.NHWC));
    for (Direction direction : Direction.values()) {
      recipes.add(recipe(ConvOptions.builder().direction(direction), Layout.NCHW));
    }
    recipes.add(
        recipe(
            ConvOptions.builder()
                .types(DType.U8, DType.I8, DType.I8)
                .epilogue(Epilogue.BIAS)
                .quantization(new Quantization(128, List.of(0), List.of(0.01f), 3)),
            Layout.NCHW));
    Tally tally = run("#ifndef TILE_K\n", NATIVE + "#ifndef TILE_K\n", recipes);
    assertTrue(tally.validations("implicit-gemm") >= 20, tally::summary);
    assertTrue(tally.validations("implicit-gemm-splitk") >= 2, tally::summary);
  }

  @Test
  void theFormIsADefaultThatTuningMayDropAndUnknownElsewhere() {
    TuningSpace space = TileShape.space(TestDevices.pretending(SHUFFLES));
    assertEquals(1, space.defaults().get(TileShape.SUB_GROUP));
    assertTrue(space.candidates().contains(space.defaults().with(TileShape.SUB_GROUP, 0)));
    TuningSpace plain = TileShape.space(TestDevices.pretending());
    assertFalse(plain.defaults().values().containsKey(TileShape.SUB_GROUP));
    assertFalse(plain.allows(space.defaults()), "a device without shuffles takes such a tuning");
  }

  @Test
  void onlyTheFormItselfNeedsANewerLanguage() {
    Tuning shared = TileShape.space(TestDevices.pretending(SHUFFLES)).defaults();
    KernelVariant variant = KernelVariant.of("pointwise", Map.of(), shared);
    assertEquals("-cl-std=CL3.0", variant.language(TestDevices.pretending(SHUFFLES)));
    assertEquals("-cl-std=CL1.2", variant.language(TestDevices.pretending("cl_intel_subgroups")));
    Tuning staged = shared.with(TileShape.SUB_GROUP, 0);
    KernelVariant plain = KernelVariant.of("pointwise", Map.of(), staged);
    assertEquals("-cl-std=CL1.2", plain.language(TestDevices.pretending(SHUFFLES)));
  }
}
