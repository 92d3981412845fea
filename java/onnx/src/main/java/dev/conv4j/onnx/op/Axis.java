package dev.conv4j.onnx.op;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import org.jspecify.annotations.Nullable;

/** Axes as ONNX writes them: negative ones count from the end. */
public final class Axis {

  private Axis() {}

  /** Returns an axis from 0. */
  public static int of(long axis, int rank) {
    if (axis < -rank || axis >= rank) {
      throw new InvalidArgumentException("axis", axis, -rank + " to " + (rank - 1));
    }
    return (int) (axis < 0 ? axis + rank : axis);
  }

  /** Returns axes from 0, in the order given. */
  public static int[] of(long[] axes, int rank) {
    int[] out = new int[axes.length];
    boolean[] seen = new boolean[rank];
    for (int i = 0; i < axes.length; i++) {
      out[i] = of(axes[i], rank);
      if (seen[out[i]]) {
        throw new InvalidArgumentException("axis", axes[i], "each axis once");
      }
      seen[out[i]] = true;
    }
    return out;
  }

  /**
   * Returns the axes of operators that took them as an attribute once and take them as an input
   * now; null when there are none.
   */
  public static long @Nullable [] given(Frame frame, Node node, int input) {
    OnnxTensor tensor = frame.optional(input);
    return tensor != null ? tensor.toLongArray() : node.attributes().integers("axes");
  }

  /** Returns the product of the dimensions in a range. */
  public static long product(long[] dims, int from, int to) {
    long product = 1;
    for (int i = from; i < to; i++) {
      product *= dims[i];
    }
    return product;
  }
}
