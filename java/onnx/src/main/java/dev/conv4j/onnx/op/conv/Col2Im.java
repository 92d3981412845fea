package dev.conv4j.onnx.op.conv;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Windows;
import java.util.Arrays;

/** Col2Im: adds columns of blocks up to an image of any number of axes. */
final class Col2Im implements Kernel {

  private final Windows windows;

  Col2Im(Node node) {
    this.windows = Windows.of(node.attributes());
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor columns = frame.in(0);
    long[] image = frame.in(1).toLongArray();
    long[] block = frame.in(2).toLongArray();
    int rank = image.length;
    if (columns.rank() != 3 || block.length != rank) {
      throw new InvalidArgumentException("input", columns, "[N, C·block, blocks]");
    }
    long taps = OnnxTensor.elements(block);
    long[] strides = windows.strides(rank);
    long[] dilations = windows.dilations(rank);
    long[] pads = windows.pads(rank);
    long[] blocks = new long[rank];
    for (int i = 0; i < rank; i++) {
      long room = image[i] + pads[i] + pads[rank + i] - dilations[i] * (block[i] - 1) - 1;
      blocks[i] = Math.floorDiv(room, strides[i]) + 1;
    }
    long count = Arrays.stream(blocks).reduce(1, (a, b) -> a * b);
    if (taps < 1 || columns.dim(1) % taps != 0 || columns.dim(2) != count) {
      throw new InvalidArgumentException(
          "input", columns, "columns of " + taps + " taps for " + count + " blocks");
    }
    long channels = columns.dim(1) / taps;
    long[] dims = new long[2 + rank];
    dims[0] = columns.dim(0);
    dims[1] = channels;
    System.arraycopy(image, 0, dims, 2, rank);
    OnnxTensor y = frame.out(0, columns.type(), dims);
    y.segment().fill((byte) 0);
    long plane = Axis.product(image, 0, rank);
    for (long i = 0; i < columns.elements(); i++) {
      long tap = i / count % taps;
      long at = position(i % count, tap, blocks, block, strides, dilations, pads, image);
      if (at >= 0) {
        long to = i / count / taps * plane + at;
        y.type().setDouble(y.memory(), to, y.getDouble(to) + columns.getDouble(i));
      }
    }
  }

  /** Returns the pixel a tap of a block lies on, or -1 on the padding. */
  private static long position(
      long which,
      long tap,
      long[] blocks,
      long[] block,
      long[] strides,
      long[] dilations,
      long[] pads,
      long[] image) {
    long at = 0;
    long stride = 1;
    long restBlock = which;
    long restTap = tap;
    for (int k = image.length - 1; k >= 0; k--) {
      long pixel = restBlock % blocks[k] * strides[k] - pads[k] + restTap % block[k] * dilations[k];
      if (pixel < 0 || pixel >= image[k]) {
        return -1;
      }
      restBlock /= blocks[k];
      restTap /= block[k];
      at += pixel * stride;
      stride *= image[k];
    }
    return at;
  }
}
