package dev.conv4j.onnx.op.pool;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Windows;

/** MaxUnpool: puts what MaxPool took back to where it was, zeros elsewhere. */
final class Unpooling implements Kernel {

  private final Windows windows;

  Unpooling(Node node) {
    this.windows = Windows.of(node.attributes());
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor indices = frame.in(1);
    int rank = x.rank() - 2;
    long[] kernel = windows.kernel();
    if (rank < 1 || kernel == null || kernel.length != rank) {
      throw new InvalidArgumentException("input", x, "as many spatial axes as kernel_shape says");
    }
    long[] strides = windows.strides(rank);
    long[] pads = windows.pads(rank);
    long[] dims = x.dims();
    for (int i = 0; i < rank; i++) {
      dims[2 + i] = (dims[2 + i] - 1) * strides[i] + kernel[i] - pads[i] - pads[rank + i];
    }
    // Indices count in the extents that follow from the attributes, whatever the wanted ones are.
    long[] counted = dims.clone();
    OnnxTensor wanted = frame.optional(2);
    if (wanted != null) {
      dims = wanted.toLongArray();
    }
    OnnxTensor y = frame.out(0, x.type(), dims);
    y.segment().fill((byte) 0);
    for (long i = 0; i < x.elements(); i++) {
      long at = wanted == null ? indices.getLong(i) : moved(indices.getLong(i), counted, dims);
      if (at < 0 || at >= y.elements()) {
        throw new InvalidArgumentException("index", at, "0 to " + (y.elements() - 1));
      }
      x.type().setDouble(y.memory(), at, x.getDouble(i));
    }
  }

  private static long moved(long index, long[] from, long[] to) {
    long at = 0;
    long rest = index;
    long stride = 1;
    for (int k = from.length - 1; k >= 0; k--) {
      at += rest % from[k] * stride;
      rest /= from[k];
      stride *= to[k];
    }
    return at;
  }
}
