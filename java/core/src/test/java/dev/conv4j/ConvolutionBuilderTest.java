package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvolutionBuilderTest {

  /** {@code tf.nn} documents the totals; ONNX splits them as its name says. */
  @ParameterizedTest(name = "input {0}, filter {1}, stride {2}, dilation {3}")
  @CsvSource({
    "5,   3, 1, 1, 5,   1, 1, 1, 1",
    "5,   3, 2, 1, 3,   1, 1, 1, 1",
    "6,   3, 2, 1, 3,   0, 1, 1, 0",
    "224, 3, 2, 1, 112, 0, 1, 1, 0",
    "224, 7, 2, 1, 112, 2, 3, 3, 2",
    "13,  6, 5, 1, 3,   1, 2, 2, 1",
    "4,   2, 1, 1, 4,   0, 1, 1, 0",
    "10,  3, 1, 2, 10,  2, 2, 2, 2",
    "8,   1, 2, 1, 4,   0, 0, 0, 0",
    "7,   2, 3, 1, 3,   0, 1, 1, 0",
    "3,   2, 5, 1, 1,   0, 0, 0, 0"
  })
  void samePaddingGivesInputOverStrideOutputs(
      long input,
      long filter,
      long stride,
      long dilation,
      long output,
      long upperBegin,
      long upperEnd,
      long lowerBegin,
      long lowerEnd) {
    ConvolutionBuilder builder =
        Convolution.builder().input(input).filter(filter).stride(stride).dilation(dilation);
    Convolution upper = builder.padding(Padding.SAME_UPPER).build();
    assertEquals(output, upper.output().w());
    assertEquals(upperBegin, upper.padBegin().w());
    assertEquals(upperEnd, upper.padEnd().w());
    Convolution lower = builder.padding(Padding.SAME_LOWER).build();
    assertEquals(output, lower.output().w());
    assertEquals(lowerBegin, lower.padBegin().w());
    assertEquals(lowerEnd, lower.padEnd().w());
  }

  @Test
  void validMeansNoPaddingAndTheLastCallWins() {
    ConvolutionBuilder builder = Convolution.builder().input(9, 9).filter(3, 3);
    assertEquals(Axes.ZEROS, builder.padding(2).padding(Padding.VALID).build().padBegin());
    assertEquals(
        new Axes(0, 2, 2), builder.padding(Padding.SAME_UPPER).padding(2).build().padEnd());
  }

  @Test
  void unusedAxesGetNoPaddingFromARule() {
    Convolution c = Convolution.builder().input(9).filter(3).padding(Padding.SAME_UPPER).build();
    assertEquals(new Axes(0, 0, 1), c.padBegin());
  }

  /**
   * {@code (input - 1)·stride - 2·padding + dilation·(filter - 1) + outputPadding + 1}, worked out
   * by PyTorch for these.
   */
  @ParameterizedTest
  @CsvSource({
    "3,  3, 1, 0, 1, 0, 5",
    "16, 3, 2, 1, 1, 0, 31",
    "16, 3, 2, 1, 1, 1, 32",
    "12, 4, 2, 1, 1, 0, 24",
    "5,  5, 3, 2, 2, 2, 19",
    "1,  4, 1, 0, 1, 0, 4"
  })
  void transposedTwinReadsWhatTheTransposedConvolutionWrites(
      long input, long filter, long stride, long padding, long dilation, long extra, long output) {
    Convolution twin =
        Convolution.builder()
            .batch(2)
            .channels(8)
            .filters(6)
            .groups(2)
            .input(input)
            .filter(filter)
            .stride(stride)
            .padding(padding)
            .dilation(dilation)
            .buildTransposed(extra);
    assertEquals(Shape.of(2, 6, output), twin.inputShape());
    assertEquals(Shape.of(2, 8, input), twin.outputShape());
    assertEquals(Shape.of(8, 3, filter), twin.filterShape());
  }

  @Test
  void transposedSameGivesInputTimesStride() {
    for (long stride = 1; stride < 5; stride++) {
      for (long filter = stride; filter < 8; filter++) {
        Convolution twin =
            Convolution.builder()
                .input(7)
                .filter(filter)
                .stride(stride)
                .padding(Padding.SAME_UPPER)
                .buildTransposed();
        assertEquals(7 * stride, twin.input().w());
        assertEquals(7, twin.output().w());
      }
    }
  }

  @Test
  void outputPaddingMustBeSmallerThanTheStride() {
    ConvolutionBuilder builder = Convolution.builder().input(5).filter(3).stride(2);
    InvalidArgumentException refused =
        assertThrows(InvalidArgumentException.class, () -> builder.buildTransposed(2));
    assertEquals("output padding", refused.argument());
    assertThrows(InvalidArgumentException.class, () -> builder.buildTransposed(-1));
  }

  @Test
  void overflowIsARefusalAndNotAnArithmeticException() {
    ConvolutionBuilder builder =
        Convolution.builder().input(1L << 40).filter(1L << 40).stride(1L << 40);
    assertThrows(
        InvalidArgumentException.class,
        () -> builder.padding(Padding.SAME_UPPER).dilation(1L << 40).build());
    assertThrows(InvalidArgumentException.class, builder::buildTransposed);
  }

  @Test
  void aBuilderMayBeChangedAfterBuilding() {
    ConvolutionBuilder builder = Convolution.builder().input(5).filter(3);
    Convolution first = builder.build();
    builder.batch(7);
    assertEquals(1, first.batch());
    long[] extents = {4, 4};
    builder.input(extents);
    extents[0] = 9;
    assertEquals(4, builder.build().input().h());
  }
}
