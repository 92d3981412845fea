package dev.conv4j;

import java.util.Arrays;

/**
 * The logical dimensions of a tensor: batch, channels, then space, whatever the {@link Layout}.
 * Immutable. Dimensions are 64-bit and at least 1; their product fits a {@code long}.
 */
public final class Shape {

  private final long[] dims;
  private final long elements;

  private Shape(long[] dims) {
    long product = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] < 1) {
        throw new InvalidArgumentException(
            "dimension " + i + " of shape " + Arrays.toString(dims), dims[i], "at least 1");
      }
      try {
        product = Math.multiplyExact(product, dims[i]);
      } catch (ArithmeticException overflow) {
        throw new InvalidArgumentException(
            "shape", Arrays.toString(dims), "at most 2^63 - 1 elements");
      }
    }
    this.dims = dims;
    this.elements = product;
  }

  /**
   * Returns the shape with these dimensions; none gives a scalar.
   *
   * @throws InvalidArgumentException if a dimension is not positive or the product overflows
   */
  public static Shape of(long... dims) {
    return new Shape(dims.clone());
  }

  /** Returns the number of dimensions. */
  public int rank() {
    return dims.length;
  }

  /**
   * Returns one dimension.
   *
   * @param index from 0, the batch
   */
  public long dim(int index) {
    return dims[index];
  }

  /** Returns the dimensions, a copy. */
  public long[] dims() {
    return dims.clone();
  }

  /** Returns the number of elements. */
  public long elements() {
    return elements;
  }

  /**
   * Returns the size in bytes of a dense tensor.
   *
   * @throws InvalidArgumentException if it does not fit a {@code long}
   */
  public long bytes(DType type) {
    try {
      return Math.multiplyExact(elements, (long) type.bytes());
    } catch (ArithmeticException overflow) {
      throw new InvalidArgumentException(
          "shape", this + " of " + type.spelling(), "at most 2^63 - 1 bytes");
    }
  }

  /**
   * Returns the distance in elements between neighbours along each logical dimension of a dense
   * tensor.
   *
   * @param layout the memory order
   */
  public long[] strides(Layout layout) {
    long[] strides = new long[dims.length];
    long next = 1;
    boolean channelsLast = layout == Layout.NHWC && dims.length > 2;
    if (channelsLast) {
      strides[1] = 1;
      next = dims[1];
    }
    for (int i = dims.length - 1; i >= 0; i--) {
      if (channelsLast && i == 1) {
        continue;
      }
      strides[i] = next;
      next *= dims[i];
    }
    return strides;
  }

  /** Returns whether a dense tensor in this memory order holds its elements in logical order. */
  public boolean isContiguous(Layout layout) {
    return layout == Layout.NCHW
        || dims.length < 3
        || dims[1] == 1
        || elements == dims[0] * dims[1];
  }

  @Override
  public boolean equals(@org.jspecify.annotations.Nullable Object other) {
    return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.toString(dims);
  }
}
