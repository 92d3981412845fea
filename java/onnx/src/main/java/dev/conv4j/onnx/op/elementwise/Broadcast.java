package dev.conv4j.onnx.op.elementwise;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import java.util.Arrays;
import java.util.List;

/**
 * The walk over several arrays whose dimensions are stretched to a common shape, NumPy's rule.
 * Neighbouring axes that every operand passes in the same way are merged, so that the innermost
 * rows are as long as they can be.
 */
public final class Broadcast {

  /** What is done with one row. */
  @FunctionalInterface
  public interface Row {
    /**
     * Handles a row.
     *
     * @param out index of the row's first element in the result
     * @param at index of the row's first element in each operand; the next ones follow at {@link
     *     #step}
     * @param length elements in the row
     */
    void run(long out, long[] at, long length);
  }

  private final long[] dims;
  private final long[] extents;
  private final long[][] strides;

  private Broadcast(long[] dims, long[] extents, long[][] strides) {
    this.dims = dims;
    this.extents = extents;
    this.strides = strides;
  }

  /**
   * Returns the walk over these operands.
   *
   * @throws InvalidArgumentException if their dimensions do not go together
   */
  public static Broadcast of(OnnxTensor... operands) {
    long[] dims = {};
    for (OnnxTensor operand : operands) {
      dims = common(dims, operand.dims());
    }
    return to(dims, operands);
  }

  /** Returns the walk over operands stretched to given dimensions. */
  public static Broadcast to(long[] dims, OnnxTensor... operands) {
    long[][] strides = new long[operands.length][];
    for (int i = 0; i < operands.length; i++) {
      strides[i] = strides(operands[i].dims(), dims);
    }
    return merged(dims, strides);
  }

  /** Returns the shape two arrays are stretched to. */
  public static long[] common(long[] a, long[] b) {
    long[] out = new long[Math.max(a.length, b.length)];
    for (int i = 1; i <= out.length; i++) {
      long p = i <= a.length ? a[a.length - i] : 1;
      long q = i <= b.length ? b[b.length - i] : 1;
      if (p != q && p != 1 && q != 1) {
        throw new InvalidArgumentException(
            "dimensions",
            Arrays.toString(a) + " and " + Arrays.toString(b),
            "equal ones, or 1, from the last on");
      }
      out[out.length - i] = p == 1 ? q : p;
    }
    return out;
  }

  private static long[] strides(long[] from, long[] to) {
    if (from.length > to.length) {
      throw new InvalidArgumentException(
          "dimensions", Arrays.toString(from), "at most those of " + Arrays.toString(to));
    }
    long[] strides = new long[to.length];
    long next = 1;
    for (int i = 1; i <= from.length; i++) {
      long extent = from[from.length - i];
      if (extent != 1 && extent != to[to.length - i]) {
        throw new InvalidArgumentException(
            "dimensions", Arrays.toString(from), "ones that stretch to " + Arrays.toString(to));
      }
      strides[to.length - i] = extent == 1 ? 0 : next;
      next *= extent;
    }
    return strides;
  }

  private static Broadcast merged(long[] dims, long[][] strides) {
    long[] extents = new long[dims.length + 1];
    long[][] kept = new long[strides.length][dims.length + 1];
    int count = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      if (dims[axis] == 1) {
        continue;
      }
      if (count > 0 && continues(strides, axis, extents[count - 1], kept, count - 1)) {
        extents[count - 1] *= dims[axis];
        continue;
      }
      extents[count] = dims[axis];
      for (int i = 0; i < strides.length; i++) {
        kept[i][count] = strides[i][axis];
      }
      count++;
    }
    if (count == 0) {
      extents[count++] = 1;
    }
    for (int i = 0; i < kept.length; i++) {
      kept[i] = Arrays.copyOf(kept[i], count);
    }
    return new Broadcast(dims, Arrays.copyOf(extents, count), kept);
  }

  private static boolean continues(
      long[][] strides, int axis, long extent, long[][] kept, int last) {
    for (int i = 0; i < strides.length; i++) {
      if (strides[i][axis] != kept[i][last] * extent) {
        return false;
      }
    }
    return true;
  }

  /** Returns the result's dimensions. */
  public long[] dims() {
    return dims.clone();
  }

  /** Returns how far the next element of a row is in an operand: 1, or 0 where it stays. */
  public long step(int operand) {
    return strides[operand][0];
  }

  /** Returns the merged extents, innermost first. */
  List<Long> extents() {
    return Arrays.stream(extents).boxed().toList();
  }

  /** Returns the elements between neighbours of each operand on the merged axes. */
  List<List<Long>> strides() {
    return Arrays.stream(strides).map(each -> Arrays.stream(each).boxed().toList()).toList();
  }

  /** Walks all rows in the order of the result's elements. */
  public void rows(Row row) {
    long total = OnnxTensor.elements(extents);
    if (total == 0) {
      return;
    }
    long length = extents[0];
    long[] at = new long[strides.length];
    long[] position = new long[extents.length];
    for (long out = 0; out < total; out += length) {
      row.run(out, at, length);
      for (int axis = 1; axis < extents.length; axis++) {
        boolean wraps = ++position[axis] == extents[axis];
        for (int i = 0; i < at.length; i++) {
          at[i] += wraps ? -strides[i][axis] * (extents[axis] - 1) : strides[i][axis];
        }
        if (!wraps) {
          break;
        }
        position[axis] = 0;
      }
    }
  }
}
