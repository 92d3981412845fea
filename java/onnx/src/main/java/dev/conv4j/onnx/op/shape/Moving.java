package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.elementwise.Broadcast;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Operators that put elements into another order: Transpose, Expand, Tile, blocks and channels. */
final class Moving {

  /** Planes that become pixels faster than others. */
  private static final int COLOURS = 3;

  private Moving() {}

  static Kernel transpose(Node node) {
    long[] given = node.attributes().integers("perm");
    return new Kernel() {
      @Override
      public void run(Frame frame) {
        OnnxTensor x = frame.in(0);
        int[] perm = order(given, x.rank());
        permute(frame, x, perm, permuted(x.dims(), perm));
      }

      @Override
      public double seconds(Frame frame) {
        OnnxTensor x = frame.in(0);
        int[] perm = order(given, x.rank());
        boolean colours = perm.length > 1 && perm[perm.length - 1] == 1 && x.dim(1) == COLOURS;
        return moves(x.dims(), perm) ? StridedCopy.seconds(x.bytes(), colours) : 0;
      }
    };
  }

  /** Axes of extent 1 may go anywhere without an element moving. */
  private static boolean moves(long[] dims, int[] perm) {
    int last = -1;
    for (int axis : perm) {
      if (dims[axis] != 1 && axis < last) {
        return true;
      }
      last = dims[axis] == 1 ? last : axis;
    }
    return false;
  }

  /** A Transpose between two Reshapes: inputs are x and the two shapes. */
  static Kernel rearrange(Node node) {
    long[] given = node.attributes().integers("perm");
    return frame -> {
      OnnxTensor x = frame.in(0);
      long[] inner = Reshaping.resolve(x.dims(), frame.in(1).toLongArray(), false);
      int[] perm = order(given, inner.length);
      long[] moved = permuted(inner, perm);
      long[] dims = Reshaping.resolve(moved, frame.in(2).toLongArray(), false);
      if (OnnxTensor.elements(dims) != x.elements()) {
        throw new InvalidArgumentException(
            "shape", Arrays.toString(dims), "dimensions for the elements of " + x);
      }
      permute(frame, x.reshaped(inner), perm, dims);
    };
  }

  private static int[] order(long @Nullable [] given, int rank) {
    if (given == null) {
      int[] backwards = new int[rank];
      Arrays.setAll(backwards, i -> rank - 1 - i);
      return backwards;
    }
    if (given.length != rank) {
      throw new InvalidArgumentException("perm", Arrays.toString(given), rank + " axes");
    }
    return Axis.of(given, rank);
  }

  private static long[] permuted(long[] dims, int[] perm) {
    return Arrays.stream(perm).mapToLong(axis -> dims[axis]).toArray();
  }

  private static void permute(Frame frame, OnnxTensor x, int[] perm, long[] dims) {
    if (!moves(x.dims(), perm)) {
      frame.alias(0, x.reshaped(dims));
      return;
    }
    long[] from = StridedCopy.strides(x.dims());
    StridedCopy.make(frame, 0, x, 0, permuted(from, perm), permuted(x.dims(), perm), dims);
  }

  static void expand(Frame frame) {
    OnnxTensor x = frame.in(0);
    long[] dims = Broadcast.common(x.dims(), frame.in(1).toLongArray());
    long[] from = StridedCopy.strides(x.dims());
    long[] strides = new long[dims.length];
    int shift = dims.length - x.rank();
    for (int i = 0; i < x.rank(); i++) {
      strides[shift + i] = x.dim(i) == 1 ? 0 : from[i];
    }
    StridedCopy.make(frame, 0, x, 0, strides, dims, dims);
  }

  static void tile(Frame frame) {
    OnnxTensor x = frame.in(0);
    long[] repeats = frame.in(1).toLongArray();
    if (repeats.length != x.rank()) {
      throw new InvalidArgumentException(
          "repeats", Arrays.toString(repeats), "a number for each axis of " + x);
    }
    long[] dims = x.dims();
    for (int i = 0; i < dims.length; i++) {
      dims[i] *= repeats[i];
    }
    // Each axis becomes two, repeats and extent, so that tiling is a strided copy.
    long[] split = new long[2 * dims.length];
    long[] strides = new long[2 * dims.length];
    long[] from = StridedCopy.strides(x.dims());
    for (int i = 0; i < dims.length; i++) {
      split[2 * i] = repeats[i];
      split[2 * i + 1] = x.dim(i);
      strides[2 * i + 1] = from[i];
    }
    StridedCopy.make(frame, 0, x, 0, strides, split, dims);
  }

  static Kernel depthToSpace(Node node) {
    long b = positive(node);
    boolean depthFirst = node.attributes().text("mode", "DCR").equals("DCR");
    return frame -> {
      OnnxTensor x = image(frame);
      long n = x.dim(0);
      long h = x.dim(2);
      long w = x.dim(3);
      long c = x.dim(1) / (b * b);
      if (c * b * b != x.dim(1)) {
        throw new InvalidArgumentException("channels", x.dim(1), "a multiple of " + b * b);
      }
      long plane = h * w;
      long dy = depthFirst ? b * c * plane : b * plane;
      long dx = depthFirst ? c * plane : plane;
      long dc = depthFirst ? plane : b * b * plane;
      long[] strides = {c * b * b * plane, dc, w, dy, 1, dx};
      long[] walk = {n, c, h, b, w, b};
      StridedCopy.make(frame, 0, x, 0, strides, walk, n, c, h * b, w * b);
    };
  }

  static Kernel spaceToDepth(Node node) {
    long b = positive(node);
    return frame -> {
      OnnxTensor x = image(frame);
      long n = x.dim(0);
      long c = x.dim(1);
      long h = x.dim(2) / b;
      long w = x.dim(3) / b;
      if (h * b != x.dim(2) || w * b != x.dim(3)) {
        throw new InvalidArgumentException("extents", x, "multiples of " + b);
      }
      long row = w * b;
      long plane = h * b * row;
      long[] strides = {c * plane, row, 1, plane, b * row, b};
      long[] walk = {n, b, b, c, h, w};
      StridedCopy.make(frame, 0, x, 0, strides, walk, n, c * b * b, h, w);
    };
  }

  private static long positive(Node node) {
    long block = node.attributes().integer("blocksize");
    if (block < 1) {
      throw new InvalidArgumentException("blocksize", block, "1 or more");
    }
    return block;
  }

  private static OnnxTensor image(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.rank() != 4) {
      throw new InvalidArgumentException("input", x, "four dimensions");
    }
    return x;
  }
}
