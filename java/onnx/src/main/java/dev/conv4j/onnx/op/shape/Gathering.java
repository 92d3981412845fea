package dev.conv4j.onnx.op.shape;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Operators that take elements by index. Negative indices count from the end. */
final class Gathering {

  private Gathering() {}

  static Kernel gather(Node node) {
    long given = node.attributes().integer("axis", 0);
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor indices = frame.in(1);
      int axis = Axis.of(given, x.rank());
      long[] from = x.dims();
      long[] dims = new long[from.length - 1 + indices.rank()];
      System.arraycopy(from, 0, dims, 0, axis);
      System.arraycopy(indices.dims(), 0, dims, axis, indices.rank());
      System.arraycopy(from, axis + 1, dims, axis + indices.rank(), from.length - axis - 1);
      OnnxTensor y = frame.out(0, x.type(), dims);
      long outer = Axis.product(from, 0, axis);
      long piece = Axis.product(from, axis + 1, from.length) * x.type().bytes();
      for (long o = 0, to = 0; o < outer; o++) {
        for (long i = 0; i < indices.elements(); i++, to += piece) {
          long index = index(indices.getLong(i), from[axis]);
          MemorySegment.copy(x.memory(), (o * from[axis] + index) * piece, y.memory(), to, piece);
        }
      }
    };
  }

  static Kernel gatherElements(Node node) {
    long given = node.attributes().integer("axis", 0);
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor indices = frame.in(1);
      int axis = Axis.of(given, x.rank());
      requireRank(indices, x.rank());
      OnnxTensor y = frame.out(0, x.type(), indices.dims());
      long[] strides = StridedCopy.strides(x.dims());
      int bytes = x.type().bytes();
      long[] position = new long[x.rank()];
      for (long i = 0; i < y.elements(); i++) {
        long at = index(indices.getLong(i), x.dim(axis)) * strides[axis];
        for (int k = 0; k < position.length; k++) {
          at += k == axis ? 0 : index(position[k], x.dim(k)) * strides[k];
        }
        MemorySegment.copy(x.memory(), at * bytes, y.memory(), i * bytes, bytes);
        advance(position, indices.dims());
      }
    };
  }

  static Kernel gatherNd(Node node) {
    int batch = Math.toIntExact(node.attributes().integer("batch_dims", 0));
    return frame -> {
      OnnxTensor x = frame.in(0);
      OnnxTensor indices = frame.in(1);
      int depth = indices.rank() == 0 ? 0 : Math.toIntExact(indices.dim(indices.rank() - 1));
      if (depth < 1 || batch < 0 || batch + depth > x.rank() || batch >= indices.rank()) {
        throw new InvalidArgumentException("indices", indices, "tuples for axes of " + x);
      }
      long[] dims =
          java.util.stream.LongStream.concat(
                  Arrays.stream(indices.dims()).limit(indices.rank() - 1L),
                  Arrays.stream(x.dims()).skip((long) batch + depth))
              .toArray();
      OnnxTensor y = frame.out(0, x.type(), dims);
      tuples(x, indices, y, batch, depth);
    };
  }

  private static void tuples(OnnxTensor x, OnnxTensor indices, OnnxTensor y, int batch, int depth) {
    long[] strides = StridedCopy.strides(x.dims());
    long piece = Axis.product(x.dims(), batch + depth, x.rank()) * x.type().bytes();
    long batches = Axis.product(x.dims(), 0, batch);
    long count = indices.elements() / depth;
    for (long t = 0; t < count; t++) {
      long at = batch == 0 ? 0 : (t / (count / batches)) * strides[batch - 1];
      for (int k = 0; k < depth; k++) {
        at += index(indices.getLong(t * depth + k), x.dim(batch + k)) * strides[batch + k];
      }
      MemorySegment.copy(x.memory(), at * x.type().bytes(), y.memory(), t * piece, piece);
    }
  }

  private static void requireRank(OnnxTensor indices, int rank) {
    if (indices.rank() != rank) {
      throw new InvalidArgumentException("indices", indices, rank + " dimensions");
    }
  }

  private static void advance(long[] position, long[] dims) {
    for (int k = position.length - 1; k >= 0; k--) {
      if (++position[k] < dims[k]) {
        return;
      }
      position[k] = 0;
    }
  }

  private static long index(long index, long extent) {
    if (index < -extent || index >= extent) {
      throw new InvalidArgumentException("index", index, -extent + " to " + (extent - 1));
    }
    return index < 0 ? index + extent : index;
  }

  /** Returns the flat positions of what is not zero, one row for each axis. */
  static void nonZero(Frame frame) {
    OnnxTensor x = frame.in(0);
    long count = 0;
    for (long i = 0; i < x.elements(); i++) {
      count += x.getDouble(i) != 0 ? 1 : 0;
    }
    OnnxTensor y = frame.out(0, dev.conv4j.onnx.ElementType.INT64, x.rank(), count);
    long[] strides = StridedCopy.strides(x.dims());
    for (long i = 0, found = 0; i < x.elements(); i++) {
      if (x.getDouble(i) != 0) {
        for (int k = 0; k < x.rank(); k++) {
          y.type().setLong(y.memory(), k * count + found, i / strides[k] % x.dim(k));
        }
        found++;
      }
    }
  }
}
