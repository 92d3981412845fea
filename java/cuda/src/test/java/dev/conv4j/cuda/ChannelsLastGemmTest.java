package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Epilogue;
import dev.conv4j.Layout;
import dev.conv4j.MathMode;
import dev.conv4j.Quantization;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.testkit.Campaign;
import dev.conv4j.testkit.DataKind;
import dev.conv4j.testkit.Recipe;
import dev.conv4j.testkit.Tally;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies with channels last, in front of the tensor cores, wherever a copy is needed. */
class ChannelsLastGemmTest {

  @TempDir Path cache;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  /** Planes of odd and even pixels, strides, groups, channels that fill vectors and do not. */
  private static final List<String> ANY =
      List.of("n2c40i5x7k24f3x3p1", "n1c16i6x8k70f1x1", "n2c3i9x9k11f3x3s2p1", "n1c10i5x5k6f3x3g2");

  /** Gradients of filters take whole vectors only. */
  private static final List<String> WHOLE =
      List.of("n2c40i5x7k24f3x3p1", "n1c16i6x7k72f1x1", "n1c16i5x5k32f3x3s2p1g2");

  private static List<Recipe> recipes(Direction direction) {
    List<Recipe> recipes = new ArrayList<>();
    ConvOptionsBuilder half = ConvOptions.builder().direction(direction).type(DType.F16);
    recipes.add(recipe("f16", half, Layout.NCHW, Layout.NCHW));
    recipes.add(recipe("f16 filter last", half, Layout.NCHW, Layout.NHWC));
    recipes.add(recipe("f16 padded", half, Layout.NHWC, Layout.NHWC));
    recipes.add(recipe("f16 flipped", half.flipped(true), Layout.NCHW, Layout.NCHW));
    recipes.add(recipe("f16 flipped, filter last", half.flipped(true), Layout.NCHW, Layout.NHWC));
    recipes.add(
        recipe(
            "tf32",
            ConvOptions.builder().direction(direction).mathMode(MathMode.TF32),
            Layout.NCHW,
            Layout.NCHW));
    if (direction != Direction.BACKWARD_FILTER) {
      Epilogue epilogue = new Epilogue(true, true, Activation.RELU);
      recipes.add(
          recipe(
              "bf16 epilogue",
              ConvOptions.builder().direction(direction).type(DType.BF16).epilogue(epilogue),
              Layout.NCHW,
              Layout.NCHW));
    }
    return recipes;
  }

  private static Recipe recipe(
      String name, ConvOptionsBuilder options, Layout layout, Layout filterLayout) {
    return new Recipe(
        name,
        options.build(),
        List.of(new Recipe.Orders(layout, filterLayout)),
        List.of(DataKind.INTEGER, DataKind.FLOAT),
        false);
  }

  @Test
  void copiesAgreeWithTheOracleInEveryDirection() {
    CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache));
    ChannelsLastGemmAlgorithm algorithm = new ChannelsLastGemmAlgorithm(device.kernels());
    Tally tally = new Tally();
    try (Emulator.With only = new Emulator.With(device, List.of(algorithm))) {
      Campaign campaign = new Campaign(only, tally, 64);
      for (Direction direction : Direction.values()) {
        for (Recipe recipe : recipes(direction)) {
          long before = tally.validations();
          (direction == Direction.BACKWARD_FILTER ? WHOLE : ANY)
              .forEach(problem -> campaign.run(Convolution.parse(problem), recipe, 5));
          assertTrue(
              tally.validations() > before || recipe.group().contains("padded"),
              () -> recipe.group() + " " + direction + " ran nowhere");
        }
      }
      ConvOptionsBuilder bytes =
          ConvOptions.builder()
              .types(DType.I8, DType.I8, DType.I32)
              .quantization(new Quantization(0, List.of(0), List.of(), 0));
      Recipe integers = recipe("bytes", bytes, Layout.NCHW, Layout.NCHW);
      campaign.run(Convolution.parse("n2c32i5x7k24f3x3p1"), integers, 5);
    }
    System.out.println("channels last: " + tally.summary());
    assertEquals(0, tally.failures(), tally::firstFailures);
    assertTrue(tally.validations() > 100, tally::summary);
  }
}
