package dev.conv4j.testkit;

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
import dev.conv4j.spi.ConvProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A way to compute every problem: options apart from the memory order, and the orders to try. The
 * plain ones (f32, three directions, two layouts) are for every problem of a corpus; the others
 * take turns, so that each meets a spread of shapes while the whole stays quick.
 *
 * @param group one phrase for the report
 * @param options without layouts
 * @param layouts the orders to try
 * @param kinds the data to try
 * @param inPlace whether the residual is the result itself
 */
public record Recipe(
    String group,
    ConvOptions options,
    List<Orders> layouts,
    List<DataKind> kinds,
    boolean inPlace) {

  /**
   * Memory orders of one run.
   *
   * @param data of x, y and their gradients
   * @param filter of w and dw
   */
  public record Orders(Layout data, Layout filter) {}

  private static final List<Orders> SAME =
      List.of(new Orders(Layout.NCHW, Layout.NCHW), new Orders(Layout.NHWC, Layout.NHWC));
  private static final List<Orders> MIXED =
      List.of(new Orders(Layout.NCHW, Layout.NHWC), new Orders(Layout.NHWC, Layout.NCHW));
  private static final List<DataKind> BOTH = List.of(DataKind.INTEGER, DataKind.FLOAT);
  private static final List<DataKind> WHOLE = List.of(DataKind.INTEGER);

  private static final List<Epilogue> EPILOGUES =
      List.of(
          Epilogue.BIAS,
          Epilogue.BIAS_RELU,
          new Epilogue(true, true, Activation.RELU),
          new Epilogue(false, true, Activation.NONE),
          Epilogue.BIAS.with(Activation.RELU6),
          Epilogue.NONE.with(Activation.clip(-2, 5)),
          Epilogue.BIAS.with(Activation.leakyRelu(0.25f)),
          Epilogue.NONE.with(Activation.leakyRelu(-0.1f)),
          Epilogue.BIAS.with(Activation.SIGMOID),
          new Epilogue(true, true, Activation.TANH),
          Epilogue.BIAS.with(Activation.SILU),
          Epilogue.BIAS.with(Activation.HARD_SWISH),
          new Epilogue(false, true, Activation.GELU));

  /** Returns the recipes for the problem at an index of a corpus. */
  public static List<Recipe> of(Convolution problem, int index) {
    List<Recipe> recipes = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      recipes.add(same("f32", ConvOptions.builder().direction(direction), BOTH));
    }
    addEpilogues(recipes, index);
    if (index % 4 == 0) {
      for (Direction direction : Direction.values()) {
        ConvOptionsBuilder options = ConvOptions.builder().direction(direction);
        recipes.add(recipe("f32 mixed layouts", options, MIXED, WHOLE, false));
        recipes.add(same("f32 flipped", options.flipped(true), WHOLE));
      }
    }
    if (index % 5 == 1) {
      for (DType type : new DType[] {DType.F64, DType.F16, DType.BF16}) {
        addTyped(recipes, type, index);
      }
    }
    if (index % 3 == 2) {
      addIntegers(recipes, problem, index);
    }
    if (index % 6 == 3) {
      for (MathMode mode : new MathMode[] {MathMode.TF32, MathMode.F16}) {
        recipes.add(
            same(
                "math mode " + mode.name().toLowerCase(Locale.ROOT),
                ConvOptions.builder().mathMode(mode),
                BOTH));
      }
    }
    return recipes;
  }

  /** Returns the plain recipe of a direction: f32, both layouts. */
  public static Recipe plain(Direction direction, DataKind... kinds) {
    return same("f32", ConvOptions.builder().direction(direction), List.of(kinds));
  }

  /** Returns the same recipe under another heading of the report. */
  public Recipe under(String heading) {
    return new Recipe(heading + ": " + group, options, layouts, kinds, inPlace);
  }

  /** Returns a problem computed this way in one of the memory orders. */
  public ConvProblem problem(Convolution convolution, Orders orders) {
    return new ConvProblem(
        convolution,
        options.toBuilder().layout(orders.data()).filterLayout(orders.filter()).build());
  }

  private static void addEpilogues(List<Recipe> recipes, int index) {
    for (int turn = 0; turn < 2; turn++) {
      Epilogue epilogue = EPILOGUES.get((2 * index + turn) % EPILOGUES.size());
      recipes.add(same("f32 epilogue", ConvOptions.builder().epilogue(epilogue), BOTH));
    }
    Epilogue accumulate = new Epilogue(false, true, Activation.NONE);
    switch (index % 3) {
      case 0 ->
          recipes.add(
              same(
                  "f32 epilogue",
                  ConvOptions.builder()
                      .direction(Direction.BACKWARD_DATA)
                      .epilogue(EPILOGUES.get(index % EPILOGUES.size())),
                  WHOLE));
      case 1 ->
          recipes.add(
              recipe(
                  "f32 accumulating in place",
                  ConvOptions.builder().direction(Direction.BACKWARD_FILTER).epilogue(accumulate),
                  SAME,
                  WHOLE,
                  true));
      default ->
          recipes.add(
              recipe(
                  "f32 accumulating in place",
                  ConvOptions.builder()
                      .direction(index % 2 == 0 ? Direction.FORWARD : Direction.BACKWARD_DATA)
                      .epilogue(accumulate),
                  SAME,
                  WHOLE,
                  true));
    }
  }

  private static void addTyped(List<Recipe> recipes, DType type, int index) {
    for (Direction direction : Direction.values()) {
      recipes.add(
          same(type.spelling(), ConvOptions.builder().direction(direction).type(type), BOTH));
    }
    Epilogue epilogue = EPILOGUES.get(index % EPILOGUES.size());
    recipes.add(
        same(
            type.spelling() + " epilogue",
            ConvOptions.builder().type(type).epilogue(epilogue),
            BOTH));
  }

  private static void addIntegers(List<Recipe> recipes, Convolution problem, int index) {
    DType input = index % 2 == 0 ? DType.U8 : DType.I8;
    DType filter = index % 4 < 2 ? DType.I8 : DType.U8;
    int inputZero = input == DType.U8 ? 131 : -3;
    List<Integer> filterZeros = filter == DType.U8 ? zeros(problem, index) : List.of(0);
    recipes.add(
        same(
            "integer to i32",
            ConvOptions.builder()
                .types(input, filter, DType.I32)
                .epilogue(index % 2 == 0 ? Epilogue.NONE : Epilogue.BIAS)
                .quantization(new Quantization(inputZero, filterZeros, List.of(), 0)),
            WHOLE));
    DType output = index % 5 == 0 ? DType.I8 : DType.U8;
    recipes.add(
        same(
            "quantized to 8 bits",
            ConvOptions.builder()
                .types(input, filter, output)
                .epilogue(Epilogue.BIAS)
                .quantization(
                    new Quantization(
                        inputZero,
                        filterZeros,
                        multipliers(problem, index),
                        output == DType.U8 ? 120 : -7)),
            WHOLE));
  }

  private static List<Integer> zeros(Convolution problem, int index) {
    if (index % 4 == 2) {
      return List.of(117);
    }
    List<Integer> zeros = new ArrayList<>();
    for (int k = 0; k < problem.filters(); k++) {
      zeros.add(100 + k % 50);
    }
    return zeros;
  }

  /** Scales typical sums to the 8-bit range; powers of two make ties, thirds do not. */
  private static List<Float> multipliers(Convolution problem, int index) {
    double typical = 74.0 * 74.0 * Math.sqrt((double) problem.taps());
    float power = (float) Math.scalb(1.0, Math.getExponent(40 / typical));
    if (index % 2 == 0) {
      return List.of(power);
    }
    List<Float> multipliers = new ArrayList<>();
    for (int k = 0; k < problem.filters(); k++) {
      multipliers.add(k % 3 == 0 ? power : k % 3 == 1 ? 3 * power : power / 3);
    }
    return multipliers;
  }

  private static Recipe same(String name, ConvOptionsBuilder options, List<DataKind> kinds) {
    return recipe(name, options, SAME, kinds, false);
  }

  private static Recipe recipe(
      String name,
      ConvOptionsBuilder builder,
      List<Orders> layouts,
      List<DataKind> kinds,
      boolean inPlace) {
    ConvOptions options = builder.build();
    String direction = options.direction().name().toLowerCase(Locale.ROOT).replace('_', '-');
    return new Recipe(name + " " + direction, options, layouts, kinds, inPlace);
  }
}
