package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.conv4j.internal.PlanCache;
import dev.conv4j.spi.ConvProblem;
import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every component of a problem and its options decides the plan. A component added later without a
 * flip here fails the test, and so cannot be forgotten in the key.
 */
class PlanKeyTest {

  private static final Convolution PROBLEM = Convolution.parse("n2c4i8x8k4f3x3p1");

  private static final Map<String, Object> PROBLEM_FLIPS =
      Map.ofEntries(
          Map.entry("rank", 3),
          Map.entry("batch", 3L),
          Map.entry("channels", 6L),
          Map.entry("filters", 6L),
          Map.entry("groups", 2L),
          Map.entry("input", new Axes(1, 8, 9)),
          Map.entry("filter", new Axes(1, 3, 2)),
          Map.entry("stride", new Axes(1, 1, 2)),
          Map.entry("padBegin", new Axes(0, 1, 0)),
          Map.entry("padEnd", new Axes(0, 0, 1)),
          Map.entry("dilation", new Axes(1, 2, 1)),
          Map.entry("border", Border.REFLECT));

  private static final Map<String, Object> OPTION_FLIPS =
      Map.ofEntries(
          Map.entry("direction", Direction.BACKWARD_DATA),
          Map.entry("inputType", DType.F16),
          Map.entry("filterType", DType.F16),
          Map.entry("outputType", DType.F16),
          Map.entry("layout", Layout.NHWC),
          Map.entry("filterLayout", Layout.NHWC),
          Map.entry("epilogue", Epilogue.BIAS),
          Map.entry("resultRange", new ChannelRange(1, 9)),
          Map.entry("flipped", true),
          Map.entry("mathMode", MathMode.TF32),
          Map.entry("accuracy", Accuracy.STRICT),
          Map.entry("deterministic", false),
          Map.entry("workspaceCap", 4096L),
          Map.entry("algorithm", "direct"),
          Map.entry("fallback", FallbackPolicy.FAIL));

  private static final ConvOptions INTEGER =
      ConvOptions.builder().types(DType.U8, DType.I8, DType.I32).build();

  private static final Map<String, Object> INTEGER_FLIPS =
      Map.of("quantization", new Quantization(1, List.of(0), List.of(), 0));

  private static final Map<String, Object> QUANTIZATION_FLIPS =
      Map.of(
          "inputZero",
          1,
          "filterZeros",
          List.of(0, 1),
          "multipliers",
          List.of(0.25f),
          "outputZero",
          1);

  private static final Map<String, Object> EPILOGUE_FLIPS =
      Map.of("bias", true, "residual", true, "activation", Activation.RELU);

  private static final Map<String, Object> ACTIVATION_FLIPS =
      Map.of("kind", Activation.Kind.LEAKY_RELU, "alpha", -1f, "beta", 3f);

  static Stream<String> problemComponents() {
    return components(Convolution.class);
  }

  static Stream<String> optionComponents() {
    return components(ConvOptions.class);
  }

  static Stream<String> quantizationComponents() {
    return components(Quantization.class);
  }

  static Stream<String> epilogueComponents() {
    return components(Epilogue.class);
  }

  static Stream<String> activationComponents() {
    return components(Activation.class);
  }

  private static Stream<String> components(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName);
  }

  @ParameterizedTest
  @MethodSource("problemComponents")
  void everyComponentOfTheProblemCounts(String component) throws Exception {
    assertOtherPlan(
        new ConvProblem(PROBLEM, ConvOptions.DEFAULT),
        new ConvProblem(flip(PROBLEM, component, PROBLEM_FLIPS), ConvOptions.DEFAULT));
  }

  @ParameterizedTest
  @MethodSource("optionComponents")
  void everyComponentOfTheOptionsCounts(String component) throws Exception {
    boolean integer = INTEGER_FLIPS.containsKey(component);
    ConvOptions from = integer ? INTEGER : ConvOptions.DEFAULT;
    ConvOptions to = flip(from, component, integer ? INTEGER_FLIPS : OPTION_FLIPS);
    assertOtherPlan(new ConvProblem(PROBLEM, from), new ConvProblem(PROBLEM, to));
  }

  @ParameterizedTest
  @MethodSource("quantizationComponents")
  void everyComponentOfTheQuantizationCounts(String component) throws Exception {
    Quantization from = new Quantization(0, List.of(0), List.of(0.5f), 0);
    ConvOptionsBuilder options = ConvOptions.builder().type(DType.U8);
    assertOtherPlan(
        new ConvProblem(PROBLEM, options.quantization(from).build()),
        new ConvProblem(
            PROBLEM, options.quantization(flip(from, component, QUANTIZATION_FLIPS)).build()));
  }

  @ParameterizedTest
  @MethodSource("epilogueComponents")
  void everyComponentOfTheEpilogueCounts(String component) throws Exception {
    assertOtherEpilogue(Epilogue.NONE, flip(Epilogue.NONE, component, EPILOGUE_FLIPS));
  }

  @ParameterizedTest
  @MethodSource("activationComponents")
  void everyComponentOfTheActivationCounts(String component) throws Exception {
    Activation from = Activation.clip(0, 2);
    assertOtherEpilogue(
        Epilogue.NONE.with(from), Epilogue.NONE.with(flip(from, component, ACTIVATION_FLIPS)));
  }

  private static void assertOtherEpilogue(Epilogue from, Epilogue to) {
    assertOtherPlan(
        new ConvProblem(PROBLEM, ConvOptions.builder().epilogue(from).build()),
        new ConvProblem(PROBLEM, ConvOptions.builder().epilogue(to).build()));
  }

  private static void assertOtherPlan(ConvProblem one, ConvProblem other) {
    PlanCache<ConvProblem, Object> cache = new PlanCache<>(10);
    Object plan = cache.get(one, key -> new Object());
    assertNotSame(plan, cache.get(other, key -> new Object()), () -> one + " and " + other);
    assertSame(plan, cache.get(one, key -> new Object()));
    assertEquals(2, cache.size());
  }

  /** Returns a copy of a record with one component replaced. */
  private static <R extends Record> R flip(R from, String component, Map<String, Object> flips)
      throws Exception {
    assertNotNull(flips.get(component), () -> "no flip is written for component " + component);
    RecordComponent[] components = from.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          components[i].getName().equals(component)
              ? flips.get(component)
              : components[i].getAccessor().invoke(from);
    }
    @SuppressWarnings("unchecked")
    Constructor<R> constructor =
        (Constructor<R>)
            from.getClass()
                .getDeclaredConstructor(
                    Arrays.stream(components)
                        .map(RecordComponent::getType)
                        .toArray(Class<?>[]::new));
    R flipped = constructor.newInstance(values);
    assertNotSame(from, flipped);
    return flipped;
  }
}
