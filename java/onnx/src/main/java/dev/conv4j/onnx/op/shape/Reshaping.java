package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Operators that give the same elements other dimensions; nothing moves. */
final class Reshaping {

  private Reshaping() {}

  static Kernel reshape(Node node) {
    boolean allowZero = node.attributes().flag("allowzero", false);
    return frame -> {
      OnnxTensor x = frame.in(0);
      long[] wanted =
          frame.inputs() > 1 ? frame.in(1).toLongArray() : node.attributes().integers("shape");
      if (wanted == null) {
        throw new InvalidArgumentException("shape", "missing", "one");
      }
      frame.alias(0, x.reshaped(resolve(x.dims(), wanted, allowZero)));
    };
  }

  /** 0 keeps the input's dimension, -1 takes what is left. */
  static long[] resolve(long[] given, long[] wanted, boolean allowZero) {
    long[] dims = wanted.clone();
    int open = -1;
    long known = 1;
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] == 0 && !allowZero) {
        if (i >= given.length) {
          throw new InvalidArgumentException(
              "shape",
              Arrays.toString(wanted),
              "a 0 only where " + Arrays.toString(given) + " has a dimension");
        }
        dims[i] = given[i];
      }
      if (dims[i] == -1) {
        if (open >= 0) {
          throw new InvalidArgumentException("shape", Arrays.toString(wanted), "one -1 at most");
        }
        open = i;
      } else {
        known = OnnxTensor.elements(known, dims[i]);
      }
    }
    if (open >= 0) {
      long elements = OnnxTensor.elements(given);
      if (known == 0 || elements % known != 0) {
        throw new InvalidArgumentException(
            "shape", Arrays.toString(wanted), "dimensions for the " + elements + " elements");
      }
      dims[open] = elements / known;
    }
    return dims;
  }

  static Kernel flatten(Node node) {
    long axis = node.attributes().integer("axis", 1);
    return frame -> {
      OnnxTensor x = frame.in(0);
      int split = axis == x.rank() ? x.rank() : Axis.of(axis, x.rank());
      long[] dims = x.dims();
      frame.alias(
          0, x.reshaped(Axis.product(dims, 0, split), Axis.product(dims, split, dims.length)));
    };
  }

  static Kernel squeeze(Node node) {
    return frame -> {
      OnnxTensor x = frame.in(0);
      long[] axes = Axis.given(frame, node, 1);
      boolean[] gone = new boolean[x.rank()];
      if (axes == null) {
        for (int i = 0; i < gone.length; i++) {
          gone[i] = x.dim(i) == 1;
        }
      } else {
        for (int axis : Axis.of(axes, x.rank())) {
          if (x.dim(axis) != 1) {
            throw new InvalidArgumentException("axis", axis, "one of extent 1 in " + x);
          }
          gone[axis] = true;
        }
      }
      List<Long> dims = new ArrayList<>();
      for (int i = 0; i < gone.length; i++) {
        if (!gone[i]) {
          dims.add(x.dim(i));
        }
      }
      frame.alias(0, x.reshaped(dims.stream().mapToLong(Long::longValue).toArray()));
    };
  }

  static Kernel unsqueeze(Node node) {
    return frame -> {
      OnnxTensor x = frame.in(0);
      long[] axes = Axis.given(frame, node, 1);
      if (axes == null) {
        throw new InvalidArgumentException("axes", "missing", "one or more");
      }
      long[] dims = new long[x.rank() + axes.length];
      for (int axis : Axis.of(axes, dims.length)) {
        dims[axis] = 1;
      }
      // A dimension of the input may be 0 too, so the new ones are told apart by a mark.
      boolean[] added = new boolean[dims.length];
      for (int axis : Axis.of(axes, dims.length)) {
        added[axis] = true;
      }
      int next = 0;
      for (int i = 0; i < dims.length; i++) {
        if (!added[i]) {
          dims[i] = x.dim(next++);
        }
      }
      frame.alias(0, x.reshaped(dims));
    };
  }

  static void identity(Frame frame) {
    frame.alias(0, frame.in(0));
  }

  /** Dropout of a trained network: nothing is dropped, and the mask says so. */
  static Kernel dropout(Node node) {
    return frame -> {
      OnnxTensor training = frame.optional(2);
      OnnxTensor ratio = frame.optional(1);
      boolean drops = ratio == null || ratio.getDouble(0) != 0;
      if (training != null && training.getLong(0) != 0 && drops) {
        throw new InvalidArgumentException("training_mode", "true", "a network that is trained");
      }
      OnnxTensor x = frame.in(0);
      frame.alias(0, x);
      if (frame.wants(1)) {
        var type = node.opset() < 10 ? x.type() : dev.conv4j.onnx.ElementType.BOOL;
        OnnxTensor mask = frame.out(1, type, x.dims());
        for (long i = 0; i < mask.elements(); i++) {
          type.setLong(mask.memory(), i, 1);
        }
      }
    };
  }
}
