package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * For a JVM without vectors: loops over columns that the compiler vectorises by itself. It does so
 * only for arrays, each indexed by the loop variable alone, so the panel takes a detour over the
 * heap; four k at a time, so that a load and a store of a sum serve four products.
 */
final class PlainSgemm implements RowMicrokernel {

  private static final int ROWS = 4;
  private static final int DEPTH = 4;

  private final int columns;
  private final ThreadLocal<Scratch> scratch;

  /** One thread's arrays: the sums, some rows of the panel, and their factors by row of A. */
  private static final class Scratch {

    final float[][] c;
    final float[][] b;
    final float[][] a = new float[ROWS][DEPTH];

    Scratch(int columns) {
      this.c = new float[ROWS][columns];
      this.b = new float[DEPTH][columns];
    }
  }

  PlainSgemm(int columns) {
    this.columns = columns;
    this.scratch = ThreadLocal.withInitial(() -> new Scratch(columns));
  }

  @Override
  public int rows() {
    return ROWS;
  }

  @Override
  public int columns() {
    return columns;
  }

  @Override
  public int run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    run(depth, a, aAt, Float.BYTES, Moves.GROUP_BYTES, b, bAt, c, cAt, cRow);
    return 0;
  }

  @Override
  public void runRows(
      int depth,
      MemorySegment a,
      long aAt,
      long aRow,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow,
      MemorySegment next,
      long nextAt) {
    run(depth, a, aAt, aRow, Float.BYTES, b, bAt, c, cAt, cRow);
  }

  private void run(
      int depth,
      MemorySegment a,
      long aAt,
      long aRow,
      long aStep,
      MemorySegment b,
      long bAt,
      MemorySegment c,
      long cAt,
      long cRow) {
    Scratch s = scratch.get();
    for (float[] row : s.c) {
      Arrays.fill(row, 0);
    }
    long bRow = (long) columns * Float.BYTES;
    for (int k = 0; k < depth; k += DEPTH) {
      int steps = Math.min(DEPTH, depth - k);
      loadColumns(a, aAt + k * aStep, aRow, aStep, s.a, steps);
      loadRows(b, bAt + k * bRow, s.b, steps);
      if (steps == DEPTH) {
        for (int i = 0; i < ROWS; i += 2) {
          twoRows(s.a[i], s.a[i + 1], s.b[0], s.b[1], s.b[2], s.b[3], s.c[i], s.c[i + 1]);
        }
      } else {
        rest(s, steps);
      }
    }
    for (int i = 0; i < ROWS; i++) {
      MemorySegment.copy(s.c[i], 0, c, JAVA_FLOAT_UNALIGNED, cAt + i * cRow, columns);
    }
  }

  private static void loadColumns(
      MemorySegment a, long at, long row, long step, float[][] target, int steps) {
    for (int i = 0; i < ROWS; i++) {
      for (int k = 0; k < steps; k++) {
        target[i][k] = a.get(JAVA_FLOAT_UNALIGNED, at + i * row + k * step);
      }
    }
  }

  private static void loadRows(MemorySegment b, long at, float[][] target, int steps) {
    for (int k = 0; k < steps; k++) {
      int count = target[k].length;
      MemorySegment.copy(
          b, JAVA_FLOAT_UNALIGNED, at + (long) k * count * Float.BYTES, target[k], 0, count);
    }
  }

  private static void rest(Scratch s, int steps) {
    for (int k = 0; k < steps; k++) {
      for (int i = 0; i < ROWS; i++) {
        one(s.a[i][k], s.b[k], s.c[i]);
      }
    }
  }

  private static void one(float x, float[] b, float[] c) {
    for (int j = 0; j < c.length; j++) {
      c[j] = Math.fma(x, b[j], c[j]);
    }
  }

  private static void twoRows(
      float[] x, float[] y, float[] b0, float[] b1, float[] b2, float[] b3, float[] c, float[] d) {
    float x0 = x[0];
    float x1 = x[1];
    float x2 = x[2];
    float x3 = x[3];
    float y0 = y[0];
    float y1 = y[1];
    float y2 = y[2];
    float y3 = y[3];
    for (int j = 0; j < c.length; j++) {
      c[j] =
          Math.fma(x3, b3[j], Math.fma(x2, b2[j], Math.fma(x1, b1[j], Math.fma(x0, b0[j], c[j]))));
      d[j] =
          Math.fma(y3, b3[j], Math.fma(y2, b2[j], Math.fma(y1, b1[j], Math.fma(y0, b0[j], d[j]))));
    }
  }
}
