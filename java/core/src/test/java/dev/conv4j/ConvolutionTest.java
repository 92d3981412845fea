package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Extents and counts against literal numbers, and every rule against a problem that breaks it. */
class ConvolutionTest {

  /** The outputs are those of the papers and of the frameworks' model summaries. */
  @ParameterizedTest(name = "{0}: {1} gives {2}")
  @CsvSource({
    "LeNet-5 C1,                       n1c1i32x32k6f5x5,                 1x28x28",
    "LeNet-5 C3,                       n1c6i14x14k16f5x5,                1x10x10",
    "AlexNet conv1,                    n1c3i227x227k96f11x11s4,          1x55x55",
    "AlexNet conv1 of torchvision,     n1c3i224x224k64f11x11s4p2,        1x55x55",
    "AlexNet conv2,                    n1c96i27x27k256f5x5p2g2,          1x27x27",
    "VGG conv1_1,                      n1c3i224x224k64f3x3p1,            1x224x224",
    "GoogLeNet conv1,                  n1c3i224x224k64f7x7s2p3,          1x112x112",
    "ResNet-50 res3a branch2b,         n1c128i56x56k128f3x3s2p1,         1x28x28",
    "ResNet-50 res3a branch1,          n1c256i56x56k512f1x1s2,           1x28x28",
    "ResNet-50 res5,                   n1c512i14x14k512f3x3s2p1,         1x7x7",
    "Inception-v3 conv0,               n1c3i299x299k32f3x3s2,            1x149x149",
    "Inception-v3 conv1,               n1c32i149x149k32f3x3,             1x147x147",
    "Inception-v3 mixed_6 reduction,   n1c288i35x35k384f3x3s2,           1x17x17",
    "Inception-v3 1x7,                 n1c128i17x17k192f1x7p0x3,         1x17x17",
    "MobileNet conv1,                  n1c3i224x224k32f3x3s2p1,          1x112x112",
    "MobileNetV2 depthwise,            n1c96i112x112k96f3x3s2p1g96,      1x56x56",
    "EfficientNet stem with TF SAME,   n1c3i224x224k32f3x3s2p0:1,        1x112x112",
    "Deep Speech 2 conv1 (DeepBench),  n1c1i161x700k32f5x20s2,           1x79x341",
    "Deep Speech 2 conv2 (DeepBench),  n1c32i79x341k32f5x10s2,           1x38x166",
    "DeepLab atrous rate 12,           n1c2048i33x33k256f3x3p12d12,      1x33x33",
    "dilated context module rate 2,    n1c21i64x64k21f3x3d2,             1x60x60",
    "C3D conv1a,                       n1c3i16x112x112k64f3x3x3p1,       16x112x112",
    "I3D conv1,                        n1c3i64x224x224k64f7x7x7s2p3,     32x112x112",
    "3D U-Net unpadded,                n1c1i132x132x116k32f3x3x3,        130x130x114",
    "WaveNet causal dilation 8,        n1c64i16000k64f2p8:0d8,           1x1x16000",
    "wav2vec 2.0 layer 0,              n1c1i400k512f10s5,                1x1x79",
    "ViT patch embedding,              n1c3i224x224k768f16x16s16,        1x14x14",
    "ConvNeXt stem,                    n1c3i224x224k96f4x4s4,            1x56x56",
    "floor cuts an incomplete step,    n1c1i6x6k1f3x3s2,                 1x2x2",
    "filter as large as the input,     n1c1i5x7k1f5x7,                   1x1x1",
    "filter larger than the input,     n1c1i3x3k1f7x7p3,                 1x3x3",
    "stride larger than the filter,    n1c1i10x10k1f2x2s5,               1x2x2",
    "pointwise with padding,           n1c1i4x4k1f1x1p1,                 1x6x6",
    "asymmetric padding,               n1c1i4x4k1f3x3s2p0:1x1:0,         1x2x2"
  })
  void outputExtentIsThatOfTheLiterature(String name, String problem, String output) {
    assertEquals(output, Convolution.parse(problem).output().toString(), name);
  }

  /** Multiply-adds of whole layers as papers and profilers print them, times two. */
  @ParameterizedTest
  @CsvSource({
    "n1c3i224x224k64f7x7s2p3,     236027904",
    "n1c64i224x224k64f3x3p1,      3699376128",
    "n16c3i224x224k64f3x3p1,      2774532096",
    "n1c96i112x112k96f3x3s2p1g96, 5419008",
    "n1c1i161x700k32f5x20s2,      172409600",
    "n2c96i27x27k256f5x5p2g2,     895795200"
  })
  void flopsAreThoseOfTheDirectMethod(String problem, long flops) {
    assertEquals(flops, Convolution.parse(problem).flops());
  }

  @Test
  void shapesAreLogicalWhateverTheRank() {
    Convolution one = Convolution.parse("n2c6i10k4f3g2");
    assertEquals(Shape.of(2, 6, 10), one.inputShape());
    assertEquals(Shape.of(4, 3, 3), one.filterShape());
    assertEquals(Shape.of(2, 4, 8), one.outputShape());
    Convolution two = Convolution.parse("n2c3i5x7k4f3x2");
    assertEquals(Shape.of(2, 3, 5, 7), two.inputShape());
    assertEquals(Shape.of(4, 3, 3, 2), two.filterShape());
    assertEquals(Shape.of(2, 4, 3, 6), two.outputShape());
    Convolution three = Convolution.parse("n1c2i4x5x6k8f2x3x4g2");
    assertEquals(Shape.of(1, 2, 4, 5, 6), three.inputShape());
    assertEquals(Shape.of(8, 1, 2, 3, 4), three.filterShape());
    assertEquals(Shape.of(1, 8, 3, 3, 3), three.outputShape());
  }

  @Test
  void groupsDivideChannelsAndFilters() {
    Convolution c = Convolution.parse("n1c12i8x8k18f3x5g6");
    assertEquals(2, c.channelsPerGroup());
    assertEquals(3, c.filtersPerGroup());
    assertEquals(30, c.taps());
  }

  @Test
  void kindsAreRecognised() {
    assertTrue(Convolution.parse("n1c4i8x8k9f1x1").isPointwise());
    assertFalse(Convolution.parse("n1c4i8x8k9f1x1s2").isPointwise());
    assertFalse(Convolution.parse("n1c4i8x8k9f1x1p0:1").isPointwise());
    assertFalse(Convolution.parse("n1c4i8x8k9f1x2").isPointwise());
    assertTrue(Convolution.parse("n1c4i8x8k8f3x3g4").isDepthwise());
    assertFalse(Convolution.parse("n1c4i8x8k8f3x3g2").isDepthwise());
    assertFalse(Convolution.parse("n1c1i8x8k8f3x3").isDepthwise());
  }

  @Test
  void anotherBatchChangesNothingElse() {
    Convolution c = Convolution.parse("n3c4i7x8k6f3x2s2x1p1:2x0d1x2g2breplicate");
    assertEquals("n1c4i7x8k6f3x2s2x1p1:2x0d1x2g2breplicate", c.withBatch(1).toString());
    assertEquals(c, c.withBatch(1).withBatch(3));
  }

  private static void assertRefused(
      String argument, String expectation, UnaryOperator<ConvolutionBuilder> change) {
    ConvolutionBuilder builder =
        Convolution.builder().channels(4).filters(6).input(8, 9).filter(3, 3);
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> change.apply(builder).build());
    assertEquals(argument, refused.argument());
    assertEquals(expectation, refused.expectation());
    assertTrue(refused.getMessage().contains(refused.value()), refused::getMessage);
  }

  @Test
  void countsMustBePositive() {
    assertRefused("batch", "at least 1", b -> b.batch(0));
    assertRefused("channels", "at least 1", b -> b.channels(0));
    assertRefused("filters", "at least 1", b -> b.filters(-1));
    assertRefused("groups", "at least 1", b -> b.groups(0));
    assertRefused("input height", "at least 1", b -> b.input(0, 9));
    assertRefused("input width", "at least 1", b -> b.input(8, -9));
    assertRefused("input depth", "at least 1", b -> b.input(0, 8, 9).filter(1));
    assertRefused("filter height", "at least 1", b -> b.filter(0, 3));
    assertRefused("stride width", "at least 1", b -> b.stride(1, 0));
    assertRefused("dilation height", "at least 1", b -> b.dilation(0, 1));
  }

  @Test
  void paddingMustNotBeNegative() {
    assertRefused("padding before height", "0 or more", b -> b.padBegin(-1, 0));
    assertRefused("padding behind width", "0 or more", b -> b.padEnd(0, -2));
  }

  @Test
  void groupsMustDivide() {
    assertRefused("channels", "a multiple of groups (3)", b -> b.groups(3));
    assertRefused("filters", "a multiple of groups (4)", b -> b.groups(4));
  }

  @Test
  void theFilterMustFitThePaddedInput() {
    String most = "a reach of at most the padded input (8)";
    assertRefused("filter height", most, b -> b.filter(9, 1));
    assertRefused("filter height", most, b -> b.filter(3, 1).dilation(4, 1));
    assertRefused(
        "filter width",
        "a reach of at most the padded input (12)",
        b -> b.filter(1, 13).padding(0, 1).padEnd(0, 2));
    assertEquals(
        new Axes(1, 1, 7), Convolution.builder().input(8, 9).filter(8, 3).build().output());
    assertEquals(
        new Axes(1, 2, 9),
        Convolution.builder().input(8, 9).filter(3, 1).dilation(3, 1).build().output());
  }

  @Test
  void bordersLimitThePadding() {
    assertRefused(
        "padding of height",
        "less than the input (8) for border reflect",
        b -> b.border(Border.REFLECT).padding(8, 1));
    assertRefused(
        "padding of width",
        "at most the input (9) for border circular",
        b -> b.border(Border.CIRCULAR).padEnd(1, 10));
    Convolution.builder().input(8).filter(3).border(Border.REFLECT).padding(7).build();
    Convolution.builder().input(8).filter(3).border(Border.CIRCULAR).padding(8).build();
    Convolution.builder().input(2).filter(3).border(Border.REPLICATE).padding(90).build();
  }

  @Test
  void sizesMustFit63Bits() {
    String sizes = "tensors and an operation count below 2^63";
    assertRefused("problem size", sizes, b -> b.batch(1L << 55).input(1 << 10, 9));
    assertRefused("problem size", sizes, b -> b.channels(1L << 31).filters(1L << 31));
    assertRefused("problem size", sizes, b -> b.batch(1L << 58));
    // Few outputs and operations, but an input whose bytes overflow.
    long far = 1L << 57;
    assertRefused("problem size", sizes, b -> b.input(far, 9).filter(1).stride(far, 9));
    assertRefused("input height", "a padded extent below 2^63", b -> b.padding(Long.MAX_VALUE, 0));
    assertRefused(
        "input width",
        "a padded extent below 2^63",
        b -> b.filter(1, 3).dilation(1, Long.MAX_VALUE));
    Convolution large = Convolution.parse("n1c3i1000000x1000000k2f1x1");
    assertEquals(3_000_000_000_000L, large.inputShape().elements());
  }

  @Test
  void argumentsAreOneNumberOrOneForEachAxis() {
    String each = "one number for all axes or one for each of the 2";
    assertRefused("filter", each, b -> b.filter(3, 3, 3));
    assertRefused("stride", each, b -> b.stride(1, 2, 3));
    assertRefused("padding", each, b -> b.padBegin(1, 1, 1));
    assertRefused("dilation", each, b -> b.dilation());
    assertRefused("input extents", "1, 2 or 3 numbers", b -> b.input());
    assertRefused("input extents", "1, 2 or 3 numbers", b -> b.input(1, 2, 3, 4));
  }

  @Test
  void axesBeyondTheRankStayUnused() {
    Axes one = Axes.ONES;
    Axes none = Axes.ZEROS;
    Axes deep = new Axes(2, 4, 4);
    InvalidArgumentException refused =
        assertThrows(
            InvalidArgumentException.class,
            () -> new Convolution(2, 1, 1, 1, 1, deep, one, one, none, none, one, Border.ZEROS));
    assertEquals("depth axis", refused.argument());
    InvalidArgumentException rank =
        assertThrows(
            InvalidArgumentException.class,
            () -> new Convolution(4, 1, 1, 1, 1, deep, one, one, none, none, one, Border.ZEROS));
    assertEquals("1, 2 or 3 spatial axes", rank.expectation());
  }
}
