package dev.conv4j.onnx.op;

import dev.conv4j.onnx.OnnxTensor;
import java.lang.foreign.MemorySegment;

/**
 * A range along one axis of a larger value: where an input of a concatenation is made, so that it
 * is never copied.
 *
 * @param whole the larger value
 * @param axis the axis
 * @param first where the range begins
 * @param extent how long it is
 */
public record Slice(OnnxTensor whole, int axis, long first, long extent) {

  /** Returns whether this is where a concatenation wants an input. */
  public boolean isAt(OnnxTensor result, int along, long place) {
    return axis == along
        && first == place
        && whole.memory().address() == result.memory().address()
        && whole.hasDims(result.dims());
  }

  /** Returns the range as a value of its own, whose elements are gathered when they are wanted. */
  public OnnxTensor value() {
    long[] dims = whole.dims();
    dims[axis] = extent;
    return OnnxTensor.computed(whole.type(), this::gather, dims);
  }

  private void gather(MemorySegment target) {
    long[] dims = whole.dims();
    long outer = Axis.product(dims, 0, axis);
    long inner = Axis.product(dims, axis + 1, dims.length) * whole.type().bytes();
    long row = extent * inner;
    for (long o = 0; o < outer; o++) {
      long from = (o * dims[axis] + first) * inner;
      MemorySegment.copy(whole.memory(), from, target, o * row, row);
    }
  }
}
