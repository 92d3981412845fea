package dev.conv4j.onnx.op.shape;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import dev.conv4j.OperatorPlan;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Copies elements that lie at regular distances: what transposing, slicing, expanding, and most
 * other moving operators come down to.
 */
final class StridedCopy {

  /** Read and written, from beyond the second-level cache. */
  private static final double BYTES_PER_SECOND = 5e9;

  private static final double OVERHEAD_SECONDS = 2e-6;

  private StridedCopy() {}

  /**
   * Makes an output of elements of an input, on the device where the input is there.
   *
   * @param index which output
   * @param from where the elements are
   * @param first index of the element that goes first
   * @param strides distance in elements of {@code from} along each axis of {@code walk}
   * @param walk the output's extents as they are walked
   * @param dims its dimensions
   */
  static void make(
      Frame frame,
      int index,
      OnnxTensor from,
      long first,
      long[] strides,
      long[] walk,
      long... dims) {
    Optional<OperatorPlan> plan = Optional.empty();
    if (from.type().bytes() == Float.BYTES && OnnxTensor.elements(walk) > 0) {
      plan = Offload.plan(frame, problem(first, strides, walk), from);
    }
    if (plan.isPresent()) {
      Offload.run(frame, plan.get(), frame.result(index, from.type(), dims), from);
    } else {
      copy(from, first, strides, frame.out(index, from.type(), dims).reshaped(walk));
    }
  }

  /** Returns the predicted time of a copy. */
  static double seconds(long bytes) {
    return OVERHEAD_SECONDS + bytes / BYTES_PER_SECOND;
  }

  private static StridedCopyProblem problem(long first, long[] strides, long[] walk) {
    List<Long> extents = Arrays.stream(walk).boxed().toList();
    List<Long> from = Arrays.stream(strides).boxed().toList();
    List<Long> to = Arrays.stream(strides(walk)).boxed().toList();
    return new StridedCopyProblem(extents, first, from, 0, to);
  }

  /**
   * Fills an array from another one.
   *
   * @param from where the elements are
   * @param first index of the element that goes first
   * @param strides distance in elements of {@code from} along each axis of {@code to}
   * @param to filled in row-major order
   */
  private static void copy(OnnxTensor from, long first, long[] strides, OnnxTensor to) {
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
