package dev.conv4j.onnx.op.quantize;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.Axis;

/**
 * Which scale and zero point belongs to an element: one for the tensor, one for each index of an
 * axis, or one for each block along an axis.
 */
final class Grid {

  private final long inner;
  private final long extent;
  private final long block;
  private final long blocks;
  private final boolean single;
  private final boolean blocked;

  Grid(OnnxTensor x, OnnxTensor scale, long axis, long blockSize) {
    single = scale.elements() == 1 && blockSize == 0;
    blocked = blockSize > 0;
    int at = single ? 0 : Axis.of(axis, x.rank());
    inner = single ? 1 : Axis.product(x.dims(), at + 1, x.rank());
    extent = single ? 1 : x.dim(at);
    block = blocked ? blockSize : 1;
    blocks = Math.ceilDiv(extent, block);
    long expected = single ? 1 : blocked ? x.elements() / Math.max(1, extent) * blocks : extent;
    if (scale.elements() != expected) {
      throw new InvalidArgumentException("scale", scale, expected + " elements for " + x);
    }
  }

  long index(long element) {
    if (single) {
      return 0;
    }
    long along = element / inner % extent;
    if (!blocked) {
      return along;
    }
    long outer = element / inner / extent;
    return (outer * blocks + along / block) * inner + element % inner;
  }
}
