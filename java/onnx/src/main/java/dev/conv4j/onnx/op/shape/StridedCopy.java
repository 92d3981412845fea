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

  /** The same for three planes that become pixels, which streams. */
  private static final double COLOURS_PER_SECOND = 10e9;

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
      copy(frame, from, first, strides, frame.out(index, from.type(), dims).reshaped(walk));
    }
  }

  /** Returns the predicted time of a copy. */
  static double seconds(long bytes) {
    return seconds(bytes, false);
  }

  /**
   * Returns the predicted time of a copy.
   *
   * @param colours whether axes of three and of many elements change places
   */
  static double seconds(long bytes, boolean colours) {
    return OVERHEAD_SECONDS + bytes / (colours ? COLOURS_PER_SECOND : BYTES_PER_SECOND);
  }

  private static StridedCopyProblem problem(long first, long[] strides, long[] walk) {
    List<Long> extents = Arrays.stream(walk).boxed().toList();
    List<Long> from = Arrays.stream(strides).boxed().toList();
    List<Long> to = Arrays.stream(strides(walk)).boxed().toList();
    return new StridedCopyProblem(extents, first, from, 0, to);
  }

  /** Bytes that are worth a turn of a thread. */
  private static final long TURN = 1 << 16;

  /**
   * Fills an array from another one.
   *
   * @param from where the elements are
   * @param first index of the element that goes first
   * @param strides distance in elements of {@code from} along each axis of {@code to}
   * @param to filled in row-major order
   */
  private static void copy(
      Frame frame, OnnxTensor from, long first, long[] strides, OnnxTensor to) {
    long total = to.elements();
    if (total == 0) {
      return;
    }
    Walk walk = Walk.of(problem(first, strides, to.dims()).merged());
    int bytes = to.type().bytes();
    long rows = total / walk.length;
    long rowsOfTurn = Math.max(1, TURN / (walk.length * bytes));
    MemorySegment source = from.memory();
    MemorySegment target = to.memory();
    frame.parallel(
        Math.ceilDiv(rows, rowsOfTurn),
        turn -> {
          long begin = turn * rowsOfTurn;
          long end = Math.min(rows, begin + rowsOfTurn);
          walk.rows(source, first, target, begin, end, bytes);
        });
  }

  /**
   * A way through the array that is read, in rows as long as they can be.
   *
   * @param dims extents of the axes around a row
   * @param strides distances along them
   * @param length elements of a row
   * @param step distance between a row's elements
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Walk(long[] dims, long[] strides, long length, long step) {

    /** Takes the innermost axis for a row. */
    static Walk of(StridedCopyProblem merged) {
      long[] extents = merged.extents().stream().mapToLong(Long::longValue).toArray();
      long[] steps = merged.fromStrides().stream().mapToLong(Long::longValue).toArray();
      int last = extents.length - 1;
      return last < 0
          ? new Walk(extents, steps, 1, 1)
          : new Walk(
              Arrays.copyOf(extents, last), Arrays.copyOf(steps, last), extents[last], steps[last]);
    }

    /** Copies rows, counted as they lie in the target. */
    void rows(MemorySegment from, long first, MemorySegment to, long begin, long end, int bytes) {
      long[] position = new long[dims.length];
      long at = first;
      long rest = begin;
      for (int axis = dims.length - 1; axis >= 0; axis--) {
        position[axis] = rest % dims[axis];
        at += position[axis] * strides[axis];
        rest /= dims[axis];
      }
      for (long row = begin; row < end; row++) {
        row(from, at, step, to, row * length, length, bytes);
        for (int axis = dims.length - 1; axis >= 0; axis--) {
          if (++position[axis] < dims[axis]) {
            at += strides[axis];
            break;
          }
          at -= strides[axis] * (dims[axis] - 1);
          position[axis] = 0;
        }
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
