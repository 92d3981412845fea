package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** For a JVM without vectors; see {@link PlainSgemm}. */
final class PlainSconv implements PlaneKernel {

  private static final int FILTERS = 4;

  private final int points;
  private final ThreadLocal<float[][]> scratch;

  PlainSconv(int points) {
    this.points = points;
    this.scratch = ThreadLocal.withInitial(() -> new float[FILTERS + 1][points]);
  }

  @Override
  public int filters() {
    return FILTERS;
  }

  @Override
  public int points() {
    return points;
  }

  @Override
  public void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment places,
      long farthest,
      MemorySegment c,
      long cAt,
      long cRow,
      int tiles,
      long aheadAt) {
    for (int tile = 0; tile < tiles; tile++) {
      long along = (long) tile * points * Float.BYTES;
      run(depth, a, aAt, b, bAt + along, places, c, cAt + along, cRow);
    }
  }

  private void run(
      int depth,
      MemorySegment a,
      long aAt,
      MemorySegment b,
      long bAt,
      MemorySegment places,
      MemorySegment c,
      long cAt,
      long cRow) {
    float[][] rows = scratch.get();
    float[] values = rows[FILTERS];
    for (int i = 0; i < FILTERS; i++) {
      Arrays.fill(rows[i], 0);
    }
    for (int k = 0; k < depth; k++) {
      long place = places.get(JAVA_LONG_UNALIGNED, (long) k * Long.BYTES);
      MemorySegment.copy(b, JAVA_FLOAT_UNALIGNED, bAt + place, values, 0, points);
      long at = aAt + (long) k * FILTERS * Float.BYTES;
      four(
          a.get(JAVA_FLOAT_UNALIGNED, at),
          a.get(JAVA_FLOAT_UNALIGNED, at + 4),
          a.get(JAVA_FLOAT_UNALIGNED, at + 8),
          a.get(JAVA_FLOAT_UNALIGNED, at + 12),
          values,
          rows[0],
          rows[1],
          rows[2],
          rows[3]);
    }
    for (int i = 0; i < FILTERS; i++) {
      MemorySegment.copy(rows[i], 0, c, JAVA_FLOAT_UNALIGNED, cAt + i * cRow, points);
    }
  }

  private static void four(
      float w, float x, float y, float z, float[] b, float[] c, float[] d, float[] e, float[] f) {
    for (int j = 0; j < b.length; j++) {
      c[j] = Math.fma(w, b[j], c[j]);
      d[j] = Math.fma(x, b[j], d[j]);
      e[j] = Math.fma(y, b[j], e[j]);
      f[j] = Math.fma(z, b[j], f[j]);
    }
  }
}
