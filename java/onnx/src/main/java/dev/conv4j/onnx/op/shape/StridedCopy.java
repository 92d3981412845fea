package dev.conv4j.onnx.op.shape;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.conv4j.onnx.OnnxTensor;
import java.lang.foreign.MemorySegment;

/**
 * Copies elements that lie at regular distances: what transposing, slicing, expanding, and most
 * other moving operators come down to.
 */
final class StridedCopy {

  private StridedCopy() {}

  /**
   * Fills an array from another one.
   *
   * @param from where the elements are
   * @param first index of the element that goes first
   * @param strides distance in elements of {@code from} along each axis of {@code to}
   * @param to filled in row-major order
   */
  static void copy(OnnxTensor from, long first, long[] strides, OnnxTensor to) {
    long[] dims = to.dims();
    long total = to.elements();
    if (total == 0) {
      return;
    }
    int bytes = to.type().bytes();
    int last = dims.length;
    long length = 1;
    while (last > 0 && (dims[last - 1] == 1 || strides[last - 1] == length)) {
      length *= dims[--last];
    }
    // What is contiguous is moved in one piece; without that, the last axis is a row of singles.
    long step = 1;
    if (length == 1 && last > 0) {
      last--;
      length = dims[last];
      step = strides[last];
    }
    long[] position = new long[last];
    long at = first;
    for (long out = 0; out < total; out += length) {
      row(from.memory(), at, step, to.memory(), out, length, bytes);
      for (int axis = last - 1; axis >= 0; axis--) {
        if (++position[axis] < dims[axis]) {
          at += strides[axis];
          break;
        }
        at -= strides[axis] * (dims[axis] - 1);
        position[axis] = 0;
      }
    }
  }

  private static void row(
      MemorySegment from, long at, long step, MemorySegment to, long out, long length, int bytes) {
    if (step == 1) {
      MemorySegment.copy(from, at * bytes, to, out * bytes, length * bytes);
    } else if (bytes == 4) {
      for (long i = 0; i < length; i++) {
        to.set(
            JAVA_INT_UNALIGNED, 4 * (out + i), from.get(JAVA_INT_UNALIGNED, 4 * (at + i * step)));
      }
    } else {
      for (long i = 0; i < length; i++) {
        MemorySegment.copy(from, (at + i * step) * bytes, to, (out + i) * bytes, bytes);
      }
    }
  }

  /** Returns the distances between neighbours of a row-major array. */
  static long[] strides(long[] dims) {
    long[] strides = new long[dims.length];
    long next = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = next;
      next *= dims[i];
    }
    return strides;
  }

  /** Writes one value everywhere. */
  static void fill(OnnxTensor to, OnnxTensor scalar) {
    int bytes = to.type().bytes();
    if (bytes == 4) {
      float value = scalar.memory().get(JAVA_FLOAT_UNALIGNED, 0);
      for (long i = 0; i < to.elements(); i++) {
        to.memory().set(JAVA_FLOAT_UNALIGNED, 4 * i, value);
      }
    } else {
      for (long i = 0; i < to.elements(); i++) {
        MemorySegment.copy(scalar.memory(), 0, to.memory(), i * bytes, bytes);
      }
    }
  }
}
