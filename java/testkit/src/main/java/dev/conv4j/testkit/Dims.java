package dev.conv4j.testkit;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Five-dimensional index arithmetic and memory orders, apart from the code under test. */
final class Dims {

  private Dims() {}

  static long count(int[] dims) {
    long product = 1;
    for (int dim : dims) {
      product = Math.multiplyExact(product, (long) dim);
    }
    return product;
  }

  /** Returns the position of an element given by its index in logical order. */
  static int[] position(long element, int[] dims) {
    int[] at = new int[dims.length];
    long rest = element;
    for (int i = dims.length - 1; i >= 0; i--) {
      at[i] = (int) (rest % dims[i]);
      rest /= dims[i];
    }
    return at;
  }

  /** Returns where an element lies in memory. */
  static long offset(long element, int[] dims, Layout layout) {
    if (layout == Layout.NCHW) {
      return element;
    }
    long space = (long) dims[2] * dims[3] * dims[4];
    long place = element % space;
    long channel = element / space % dims[1];
    long batch = element / space / dims[1];
    return (batch * space + place) * dims[1] + channel;
  }

  /** Writes values given in logical order as a tensor lies in memory. */
  static MemorySegment encode(double[] values, int[] dims, Layout layout, DType type) {
    MemorySegment memory = Arena.ofAuto().allocate((long) values.length * type.bytes(), 64);
    for (int i = 0; i < values.length; i++) {
      type.store(memory, offset(i, dims, layout), values[i]);
    }
    return memory;
  }

  static String describe(long element, int[] dims) {
    return Arrays.toString(position(element, dims)) + " of " + Arrays.toString(dims);
  }
}
