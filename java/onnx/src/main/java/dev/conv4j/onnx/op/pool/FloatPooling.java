package dev.conv4j.onnx.op.pool;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Maximum and average of floats. Windows are taken apart: first whole input rows are joined element
 * by element, then the taps along the row, one tap for all outputs at a time. Both are plain loops
 * over arrays, which the compiler vectorises.
 *
 * @param x input
 * @param y result
 * @param g extents
 * @param max maximum or average
 * @param countsPadding whether an average counts the padding
 */
record FloatPooling(
    MemorySegment x, MemorySegment y, PoolGeometry g, boolean max, boolean countsPadding) {

  /** Pools one plane: a channel of a batch member. */
  void plane(long plane) {
    int width = g.input()[2];
    float[] line = new float[width];
    float[] joined = new float[width];
    float[] row = new float[g.output()[2]];
    float[] shares = max ? row : shares(2);
    for (int o = 0; o < g.output()[0]; o++) {
      for (int p = 0; p < g.output()[1]; p++) {
        join(plane, o, p, line, joined);
        Arrays.fill(row, max ? Float.NEGATIVE_INFINITY : 0);
        for (int s = 0; s < g.window()[2]; s++) {
          tap(joined, s, row);
        }
        if (!max) {
          scale(row, shares, share(0, o) * share(1, p));
        }
        long out = (plane * g.output()[0] + o) * g.output()[1] + p;
        MemorySegment.copy(row, 0, y, JAVA_FLOAT_UNALIGNED, 4 * out * row.length, row.length);
      }
    }
  }

  private void join(long plane, int o, int p, float[] line, float[] joined) {
    Arrays.fill(joined, max ? Float.NEGATIVE_INFINITY : 0);
    int d0 = o * g.stride()[0] - g.begin()[0];
    int h0 = p * g.stride()[1] - g.begin()[1];
    for (int t = g.firstTap(0, d0); t < g.lastTap(0, d0); t++) {
      for (int r = g.firstTap(1, h0); r < g.lastTap(1, h0); r++) {
        long d = d0 + (long) t * g.dilation()[0];
        long h = h0 + (long) r * g.dilation()[1];
        long from = ((plane * g.input()[0] + d) * g.input()[1] + h) * line.length;
        MemorySegment.copy(x, JAVA_FLOAT_UNALIGNED, 4 * from, line, 0, line.length);
        if (max) {
          raise(joined, line);
        } else {
          add(joined, line);
        }
      }
    }
  }

  private static void raise(float[] to, float[] by) {
    for (int i = 0; i < to.length; i++) {
      to[i] = Math.max(to[i], by[i]);
    }
  }

  private static void add(float[] to, float[] by) {
    for (int i = 0; i < to.length; i++) {
      to[i] += by[i];
    }
  }

  /** Joins one tap of every window along the row; taps on the padding are left out. */
  private void tap(float[] joined, int s, float[] row) {
    int stride = g.stride()[2];
    int shift = s * g.dilation()[2] - g.begin()[2];
    int first = shift >= 0 ? 0 : Math.ceilDiv(-shift, stride);
    int last = Math.min(row.length, Math.floorDiv(joined.length - 1 - shift, stride) + 1);
    if (max && stride == 1) {
      for (int q = first; q < last; q++) {
        row[q] = Math.max(row[q], joined[q + shift]);
      }
    } else if (max) {
      for (int q = first; q < last; q++) {
        row[q] = Math.max(row[q], joined[q * stride + shift]);
      }
    } else {
      for (int q = first; q < last; q++) {
        row[q] += joined[q * stride + shift];
      }
    }
  }

  private static void scale(float[] row, float[] shares, float rest) {
    for (int q = 0; q < row.length; q++) {
      row[q] *= shares[q] * rest;
    }
  }

  private float[] shares(int axis) {
    float[] shares = new float[g.output()[axis]];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = share(axis, i);
    }
    return shares;
  }

  /** Returns one over the number of taps that count on an axis. */
  private float share(int axis, int at) {
    int start = at * g.stride()[axis] - g.begin()[axis];
    return 1f
        / (countsPadding
            ? g.paddedTaps(axis, start)
            : g.lastTap(axis, start) - g.firstTap(axis, start));
  }
}
