package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.spi.ConvProblem;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConvOptionsTest {

  private static final Quantization TO_8_BITS = new Quantization(0, List.of(0), List.of(0.5f), 0);

  private static void assertRefused(String argument, ConvOptionsBuilder builder) {
    InvalidArgumentException refused = assertThrows(InvalidArgumentException.class, builder::build);
    assertEquals(argument, refused.argument());
  }

  @Test
  void defaultsAreStrictAndDeterministic() {
    ConvOptions o = ConvOptions.DEFAULT;
    assertEquals(MathMode.STRICT, o.mathMode());
    assertTrue(o.deterministic());
    assertEquals(FallbackPolicy.WARN, o.fallback());
    assertEquals(o, ConvOptions.builder().build());
  }

  @Test
  void typesMustFitOneAnother() {
    assertRefused("types", ConvOptions.builder().types(DType.U8, DType.F32, DType.F32));
    assertRefused("types", ConvOptions.builder().types(DType.F32, DType.F32, DType.I32));
    assertRefused("types", ConvOptions.builder().types(DType.I32, DType.I8, DType.I32));
    ConvOptions.builder().types(DType.F16, DType.F32, DType.F64).build();
  }

  @Test
  void integersHaveTheirRules() {
    ConvOptionsBuilder integer = ConvOptions.builder().types(DType.U8, DType.I8, DType.I32);
    integer.build();
    assertRefused("direction", integer.direction(Direction.BACKWARD_DATA));
    integer.direction(Direction.FORWARD);
    assertRefused("quantization multipliers", integer.quantization(TO_8_BITS));
    ConvOptionsBuilder quantized =
        ConvOptions.builder().types(DType.U8, DType.I8, DType.U8).quantization(TO_8_BITS);
    quantized.build();
    assertRefused("epilogue", quantized.epilogue(Epilogue.BIAS_RELU));
    assertRefused("epilogue", quantized.epilogue(new Epilogue(true, true, Activation.NONE)));
    quantized.epilogue(Epilogue.BIAS).build();
    assertRefused("quantization multipliers", quantized.quantization(Quantization.NONE));
    assertRefused("quantization", ConvOptions.builder().quantization(TO_8_BITS));
  }

  @Test
  void quantizationIsChecked() {
    assertThrows(
        InvalidArgumentException.class, () -> new Quantization(0, List.of(), List.of(), 0));
    for (float bad : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThrows(
          InvalidArgumentException.class, () -> new Quantization(0, List.of(0), List.of(bad), 0));
    }
    Quantization perChannel = new Quantization(0, List.of(1, 2), List.of(0.5f, 0.25f), 0);
    assertEquals(2, perChannel.filterZero(1));
    assertEquals(0.25f, perChannel.multiplier(1));
    assertEquals(0.5f, TO_8_BITS.multiplier(7));
  }

  @Test
  void theCapMustNotBeNegative() {
    assertRefused("workspaceCap", ConvOptions.builder().workspaceCap(-1));
    ConvOptions.builder().workspaceCap(0).build();
  }

  @Test
  void aRangeOfChannelsIsForwardOnlyAndHasRoom() {
    ConvOptionsBuilder range = ConvOptions.builder().resultRange(new ChannelRange(2, 5));
    for (Direction gradient : List.of(Direction.BACKWARD_DATA, Direction.BACKWARD_FILTER)) {
      assertRefused("result range", range.direction(gradient));
    }
    ConvOptions options = range.direction(Direction.FORWARD).build();
    options.requireFits(Convolution.parse("n1c2i4x4k3f3x3"));
    Convolution large = Convolution.parse("n1c2i4x4k4f3x3");
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> options.requireFits(large));
    assertEquals("result range", refused.argument());
    for (long[] bad : new long[][] {{-1, 5}, {5, 5}, {0, 0}}) {
      assertThrows(InvalidArgumentException.class, () -> new ChannelRange(bad[0], bad[1]));
    }
  }

  @Test
  void theTensorOfARangeHasAllChannels() {
    Convolution convolution = Convolution.parse("n2c2i4x5k3f3x3");
    ConvOptions options = ConvOptions.builder().resultRange(new ChannelRange(2, 5)).build();
    ConvProblem problem = new ConvProblem(convolution, options);
    assertEquals(Shape.of(2, 5, 2, 3), problem.resultShape());
    assertEquals(Shape.of(2, 3, 2, 3), problem.computedShape());
    assertEquals(3, problem.biasLength());
  }

  @Test
  void resultAndBiasTypesFollowTheDirection() {
    ConvOptionsBuilder mixed = ConvOptions.builder().types(DType.F16, DType.F32, DType.BF16);
    assertEquals(DType.BF16, mixed.build().resultType());
    assertEquals(DType.BF16, mixed.build().biasType());
    assertEquals(DType.F16, mixed.direction(Direction.BACKWARD_DATA).build().resultType());
    assertEquals(DType.F32, mixed.direction(Direction.BACKWARD_FILTER).build().resultType());
    ConvOptions integer = ConvOptions.builder().types(DType.U8, DType.I8, DType.I32).build();
    assertEquals(DType.I32, integer.biasType());
  }
}
