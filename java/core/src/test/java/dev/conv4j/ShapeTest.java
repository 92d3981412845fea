package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ShapeTest {

  @Test
  void stridesFollowTheLayout() {
    Shape shape = Shape.of(2, 3, 5, 7);
    assertArrayEquals(new long[] {105, 35, 7, 1}, shape.strides(Layout.NCHW));
    assertArrayEquals(new long[] {105, 1, 21, 3}, shape.strides(Layout.NHWC));
    Shape deep = Shape.of(2, 3, 4, 5, 7);
    assertArrayEquals(new long[] {420, 140, 35, 7, 1}, deep.strides(Layout.NCHW));
    assertArrayEquals(new long[] {420, 1, 105, 21, 3}, deep.strides(Layout.NHWC));
    assertArrayEquals(new long[] {6, 1, 2}, Shape.of(4, 2, 3).strides(Layout.NHWC));
    assertArrayEquals(new long[] {3, 1}, Shape.of(2, 3).strides(Layout.NHWC));
    assertArrayEquals(new long[0], Shape.of().strides(Layout.NCHW));
  }

  @Test
  void aLayoutThatMovesNothingIsContiguous() {
    assertTrue(Shape.of(2, 3, 4, 5).isContiguous(Layout.NCHW));
    assertFalse(Shape.of(2, 3, 4, 5).isContiguous(Layout.NHWC));
    assertTrue(Shape.of(2, 1, 4, 5).isContiguous(Layout.NHWC));
    assertTrue(Shape.of(2, 3, 1, 1).isContiguous(Layout.NHWC));
    assertTrue(Shape.of(2, 3).isContiguous(Layout.NHWC));
  }

  @Test
  void elementsAndBytesAre64Bits() {
    Shape large = Shape.of(1L << 20, 1L << 20, 3);
    assertEquals(3L << 40, large.elements());
    assertEquals(6L << 40, large.bytes(DType.F16));
    assertEquals(1, Shape.of().elements());
  }

  @Test
  void illegalDimensionsAreRefused() {
    InvalidArgumentException zero =
        assertThrows(InvalidArgumentException.class, () -> Shape.of(2, 0, 3));
    assertEquals("dimension 1 of shape [2, 0, 3]", zero.argument());
    assertThrows(InvalidArgumentException.class, () -> Shape.of(-1));
    assertThrows(InvalidArgumentException.class, () -> Shape.of(1L << 32, 1L << 31));
    Shape most = Shape.of(1L << 61);
    assertThrows(InvalidArgumentException.class, () -> most.bytes(DType.F32));
  }

  @Test
  void shapesAreValues() {
    long[] dims = {2, 3};
    Shape shape = Shape.of(dims);
    dims[0] = 9;
    shape.dims()[0] = 9;
    assertEquals(Shape.of(2, 3), shape);
    assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
    assertNotEquals(Shape.of(3, 2), shape);
    assertNotEquals(Shape.of(2, 3, 1), shape);
    assertEquals("[2, 3]", shape.toString());
  }
}
