package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.util.Arrays;

/** Operators that take parts out of an array: Slice and Split. */
final class Parts {

  private Parts() {}

  /** Slice with bounds as attributes, up to opset 9. */
  static Kernel sliceByAttributes(Node node) {
    long[] starts = node.attributes().integers("starts");
    long[] ends = node.attributes().integers("ends");
    long[] axes = node.attributes().integers("axes");
    if (starts == null || ends == null) {
      throw new InvalidArgumentException("starts and ends", "missing", "both");
    }
    return frame -> slice(frame, starts, ends, axes, null);
  }

  /** Slice with bounds as inputs, from opset 10. */
  static void slice(Frame frame) {
    OnnxTensor axes = frame.optional(3);
    OnnxTensor steps = frame.optional(4);
    slice(
        frame,
        frame.in(1).toLongArray(),
        frame.in(2).toLongArray(),
        axes == null ? null : axes.toLongArray(),
        steps == null ? null : steps.toLongArray());
  }

  private static void slice(
      Frame frame,
      long[] starts,
      long[] ends,
      long @org.jspecify.annotations.Nullable [] axes,
      long @org.jspecify.annotations.Nullable [] steps) {
    OnnxTensor x = frame.in(0);
    int count = starts.length;
    if (ends.length != count
        || (axes != null && axes.length != count)
        || (steps != null && steps.length != count)
        || count > x.rank()) {
      throw new InvalidArgumentException(
          "starts", Arrays.toString(starts), "as many as ends, axes and steps");
    }
    long[] dims = x.dims();
    long[] strides = StridedCopy.strides(dims);
    long first = 0;
    for (int i = 0; i < count; i++) {
      int axis = Axis.of(axes == null ? i : axes[i], x.rank());
      long step = steps == null ? 1 : steps[i];
      if (step == 0) {
        throw new InvalidArgumentException("steps", Arrays.toString(steps), "no 0");
      }
      long extent = x.dim(axis);
      long from = clamp(starts[i], extent, step > 0 ? 0 : -1, step > 0 ? extent : extent - 1);
      long to = clamp(ends[i], extent, step > 0 ? 0 : -1, step > 0 ? extent : extent - 1);
      long length = step > 0 ? Math.ceilDiv(to - from, step) : Math.ceilDiv(from - to, -step);
      dims[axis] = Math.max(0, length);
      first += Math.max(0, from) * strides[axis];
      strides[axis] *= step;
    }
    StridedCopy.make(frame, 0, x, first, strides, dims, dims);
  }

  /** Negative bounds count from the end; what lies outside is cut off. */
  private static long clamp(long bound, long extent, long low, long high) {
    long value = bound < 0 ? Math.max(bound, -(1L << 61)) + extent : bound;
    return Math.max(low, Math.min(high, value));
  }

  static Kernel split(Node node) {
    long given = node.attributes().integer("axis", 0);
    long[] fixed = node.attributes().integers("split");
    long parts = node.attributes().integer("num_outputs", node.outputs().size());
    return frame -> {
      OnnxTensor x = frame.in(0);
      int axis = Axis.of(given, x.rank());
      OnnxTensor input = frame.optional(1);
      long[] lengths = input != null ? input.toLongArray() : fixed;
      if (lengths == null) {
        lengths = even(x.dim(axis), parts);
      }
      split(frame, x, axis, lengths);
    };
  }

  /** The last part is smaller when the extent does not divide. */
  private static long[] even(long extent, long parts) {
    if (parts < 1 || parts > Integer.MAX_VALUE) {
      throw new InvalidArgumentException("number of parts", parts, "1 or more");
    }
    long[] lengths = new long[(int) parts];
    long each = Math.ceilDiv(extent, parts);
    long left = extent;
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = Math.min(each, left);
      left -= lengths[i];
    }
    return lengths;
  }

  private static void split(Frame frame, OnnxTensor x, int axis, long[] lengths) {
    if (Arrays.stream(lengths).sum() != x.dim(axis)
        || Arrays.stream(lengths).anyMatch(length -> length < 0)
        || lengths.length != frame.outputs()) {
      throw new InvalidArgumentException(
          "split",
          Arrays.toString(lengths),
          frame.outputs() + " lengths that add up to " + x.dim(axis));
    }
    long[] strides = StridedCopy.strides(x.dims());
    long at = 0;
    for (int i = 0; i < lengths.length; i++) {
      if (frame.wants(i)) {
        long[] dims = x.dims();
        dims[axis] = lengths[i];
        StridedCopy.make(frame, i, x, at * strides[axis], strides, dims, dims);
      }
      at += lengths[i];
    }
  }
}
