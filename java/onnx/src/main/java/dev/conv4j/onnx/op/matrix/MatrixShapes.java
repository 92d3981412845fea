package dev.conv4j.onnx.op.matrix;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.elementwise.Broadcast;
import java.util.Arrays;

/**
 * The extents of a stack of matrix products, NumPy's rule: leading axes broadcast, and a vector is
 * a matrix of one row (on the left) or one column (on the right) whose axis goes away again.
 *
 * @param rows M
 * @param inner K
 * @param columns N
 * @param firstA index of each product's left matrix
 * @param firstB index of each product's right matrix
 * @param dims the result's dimensions
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record MatrixShapes(
    long rows, long inner, long columns, long[] firstA, long[] firstB, long[] dims) {

  /** What is done for one element of the result. */
  @FunctionalInterface
  public interface Element {
    /**
     * Computes one element.
     *
     * @param out its index
     * @param row index of the left matrix's row
     * @param column index of the right matrix's column
     * @param i the row
     * @param j the column
     */
    void run(long out, long row, long column, long i, long j);
  }

  /** Returns the extents for two operands. */
  public static MatrixShapes of(OnnxTensor a, OnnxTensor b) {
    if (a.rank() == 0 || b.rank() == 0) {
      throw new InvalidArgumentException("operand", a.rank() == 0 ? a : b, "one axis or more");
    }
    long[] da = a.rank() == 1 ? new long[] {1, a.dim(0)} : a.dims();
    long[] db = b.rank() == 1 ? new long[] {b.dim(0), 1} : b.dims();
    long m = da[da.length - 2];
    long k = da[da.length - 1];
    long n = db[db.length - 1];
    if (db[db.length - 2] != k) {
      throw new InvalidArgumentException("operands", a + " and " + b, "inner dimensions alike");
    }
    long[] stackA = Arrays.copyOf(da, da.length - 2);
    long[] stackB = Arrays.copyOf(db, db.length - 2);
    long[] stack = Broadcast.common(stackA, stackB);
    long[] dims = Arrays.copyOf(stack, stack.length + 2);
    int rank = stack.length;
    if (a.rank() > 1) {
      dims[rank++] = m;
    }
    if (b.rank() > 1) {
      dims[rank++] = n;
    }
    return new MatrixShapes(
        m,
        k,
        n,
        firsts(stackA, stack, m * k),
        firsts(stackB, stack, k * n),
        Arrays.copyOf(dims, rank));
  }

  private static long[] firsts(long[] own, long[] stack, long size) {
    long[] firsts = new long[Math.toIntExact(OnnxTensor.elements(stack))];
    for (int i = 0; i < firsts.length; i++) {
      long rest = i;
      long stride = size;
      for (int k = 1; k <= stack.length; k++) {
        long at = rest % stack[stack.length - k];
        rest /= stack[stack.length - k];
        if (k <= own.length) {
          firsts[i] += own[own.length - k] == 1 ? 0 : at * stride;
          stride *= own[own.length - k];
        }
      }
    }
    return firsts;
  }

  /** Walks the result's elements in order. */
  public void each(Element element) {
    long out = 0;
    for (int s = 0; s < firstA.length; s++) {
      for (long i = 0; i < rows; i++) {
        for (long j = 0; j < columns; j++) {
          element.run(out++, firstA[s] + i * inner, firstB[s] + j, i, j);
        }
      }
    }
  }
}
