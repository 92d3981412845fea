package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.operator.PoolingLoops.Target;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** What is left of windows of one tap, or of those whose taps are joined already. */
final class PoolingPicks {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final VectorShuffle<Float> EVEN = EverySecond.from(0);

  private PoolingPicks() {}

  /** Stores one element for each window, times its shares, which are 1 for a maximum. */
  static void line(float[] from, Target t) {
    for (int r = 0; r < t.rows(); r++) {
      int row = r * t.pitch();
      long out = t.at() + r * t.row();
      float share = t.shares()[t.share() + r];
      if (t.stride() > 2 || (t.width() < LANES && out + 4L * LANES > t.end())) {
        singly(from, row, t.stride(), t.columns(), t.column(), share, t.width(), t.y(), out);
      } else {
        picked(from, row, t.stride() == 2, t.columns(), t.column(), share, t.width(), t.y(), out);
      }
    }
  }

  private static void singly(
      float[] from,
      int row,
      int stride,
      float[] columns,
      int column,
      float share,
      int width,
      MemorySegment y,
      long out) {
    for (int i = 0; i < width; i++) {
      float v = from[row + i * stride] * columns[column + i] * share;
      y.set(JAVA_FLOAT_UNALIGNED, out + 4L * i, v);
    }
  }

  private static void picked(
      float[] from,
      int row,
      boolean pairs,
      float[] columns,
      int column,
      float share,
      int width,
      MemorySegment y,
      long out) {
    y = NATIVE.cast(y);
    FloatVector shares = FloatVector.broadcast(SPECIES, share);
    int vectors = Math.ceilDiv(width, LANES);
    int last = Math.max(0, width - LANES);
    for (int k = 0; k < vectors; k++) {
      int i = Math.min(k * LANES, last);
      int f = row + (pairs ? 2 * i : i);
      FloatVector v = FloatVector.fromArray(SPECIES, from, f);
      if (pairs) {
        v = v.rearrange(EVEN, FloatVector.fromArray(SPECIES, from, f + LANES));
      }
      v.mul(FloatVector.fromArray(SPECIES, columns, column + i))
          .mul(shares)
          .intoMemorySegment(y, out + 4L * i, ORDER);
    }
  }
}
