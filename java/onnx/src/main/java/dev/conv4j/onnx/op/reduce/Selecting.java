package dev.conv4j.onnx.op.reduce;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.util.Arrays;
import java.util.Comparator;

/** Reductions to indices and sorted parts: ArgMax, ArgMin, TopK; and running sums. */
final class Selecting {

  private Selecting() {}

  static Kernel extreme(Node node, boolean largest) {
    long given = node.attributes().integer("axis", 0);
    boolean keep = node.attributes().flag("keepdims", true);
    boolean last = node.attributes().flag("select_last_index", false);
    return frame -> {
      OnnxTensor x = frame.in(0);
      boolean[] reduced = new boolean[x.rank()];
      reduced[Axis.of(given, x.rank())] = true;
      ReductionWalk walk = ReductionWalk.of(x.dims(), reduced, keep);
      OnnxTensor y = frame.out(0, ElementType.INT64, walk.dims());
      walk.each((out, first) -> {
        int best = 0;
        for (int i = 1; i < walk.offsets().length; i++) {
          double order =
              x.getDouble(first + walk.offsets()[i]) - x.getDouble(first + walk.offsets()[best]);
          if ((largest ? order > 0 : order < 0) || (last && order == 0)) {
            best = i;
          }
        }
        y.type().setLong(y.memory(), out, best);
      });
    };
  }

  static Kernel topK(Node node) {
    long given = node.attributes().integer("axis", -1);
    boolean largest = node.attributes().flag("largest", true);
    return frame -> {
      OnnxTensor x = frame.in(0);
      int axis = Axis.of(given, x.rank());
      long k = frame.inputs() > 1 ? frame.in(1).getLong(0) : node.attributes().integer("k");
      if (k < 0 || k > x.dim(axis)) {
        throw new InvalidArgumentException("k", k, "0 to " + x.dim(axis));
      }
      long[] dims = x.dims();
      dims[axis] = k;
      OnnxTensor values = frame.out(0, x.type(), dims);
      OnnxTensor indices = frame.out(1, ElementType.INT64, dims);
      boolean[] reduced = new boolean[x.rank()];
      reduced[axis] = true;
      ReductionWalk walk = ReductionWalk.of(x.dims(), reduced, false);
      long inner = Axis.product(dims, axis + 1, dims.length);
      walk.each((out, first) -> {
        Integer[] order = sorted(x, first, walk.offsets(), largest);
        for (int i = 0; i < k; i++) {
          long to = (out / inner * k + i) * inner + out % inner;
          x.type().setDouble(values.memory(), to, x.getDouble(first + walk.offsets()[order[i]]));
          indices.type().setLong(indices.memory(), to, order[i]);
        }
      });
    };
  }

  /** Equal elements keep their order. */
  private static Integer[] sorted(OnnxTensor x, long first, long[] offsets, boolean largest) {
    Integer[] order = new Integer[offsets.length];
    Arrays.setAll(order, i -> i);
    Comparator<Integer> byValue = Comparator.comparingDouble(i -> x.getDouble(first + offsets[i]));
    Arrays.sort(order, largest ? byValue.reversed() : byValue);
    return order;
  }

  static Kernel cumulativeSum(Node node) {
    boolean exclusive = node.attributes().flag("exclusive", false);
    boolean reverse = node.attributes().flag("reverse", false);
    return (Kernel) frame -> cumulativeSum(frame, exclusive, reverse);
  }

  private static void cumulativeSum(Frame frame, boolean exclusive, boolean reverse) {
    OnnxTensor x = frame.in(0);
    boolean[] reduced = new boolean[x.rank()];
    reduced[Axis.of(frame.in(1).getLong(0), x.rank())] = true;
    ReductionWalk walk = ReductionWalk.of(x.dims(), reduced, false);
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    int count = walk.offsets().length;
    walk.each((out, first) -> {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        long at = first + walk.offsets()[reverse ? count - 1 - i : i];
        double next = sum + x.getDouble(at);
        x.type().setDouble(y.memory(), at, exclusive ? sum : next);
        sum = next;
      }
    });
  }
}
