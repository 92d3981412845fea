package dev.conv4j.cpu.depthwise;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies the input of a tile into scratch as {@link PlaneTiling} says: padded, split into phases.
 */
final class PlaneLoader {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Moves the elements of even index to the front, and again to the back. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(SPECIES, i -> (2 * i) % Lanes.COUNT);

  private static final VectorMask<Float> UPPER =
      VectorMask.fromLong(SPECIES, -1L << (Lanes.COUNT / 2));

  private final PlaneTiling tiling;
  private final Axis height;
  private final Axis width;

  PlaneLoader(PlaneTiling tiling, Axis height, Axis width) {
    this.tiling = tiling;
    this.height = height;
    this.width = width;
  }

  /**
   * Copies one tile.
   *
   * @param x the input
   * @param planeAt byte position of the plane
   * @param p first output row of the tile
   * @param q first output column
   * @param scratch where to
   * @param scratchAt byte position of phase 0
   */
  void load(MemorySegment x, long planeAt, long p, long q, MemorySegment scratch, long scratchAt) {
    for (int high = 0; high < tiling.phasesHigh(); high++) {
      long first = p * height.stride() + high - height.padBegin();
      int above = before(first, height.stride(), tiling.phaseRows());
      int end = upTo(height.input() - first, height.stride(), above, tiling.phaseRows());
      for (int wide = 0; wide < tiling.phasesWide(); wide++) {
        long to = scratchAt + tiling.phaseAt(high, wide);
        long rowAt = planeAt + (first + above * height.stride()) * rowBytes();
        zeros(scratch, to, above * tiling.pitch());
        rows(x, rowAt, q, wide, scratch, to + above * pitchBytes(), end - above);
        zeros(scratch, to + end * pitchBytes(), (tiling.phaseRows() - end) * tiling.pitch());
      }
    }
  }

  private long rowBytes() {
    return width.input() * Float.BYTES;
  }

  private long pitchBytes() {
    return (long) tiling.pitch() * Float.BYTES;
  }

  /** Returns how many of {@code first, first + stride, ...} are negative, at most {@code most}. */
  private static int before(long first, long stride, int most) {
    return (int) Math.clamp(Math.ceilDiv(-first, stride), 0L, most);
  }

  /** Returns how many of {@code 0, stride, ...} are below a distance, from least to most. */
  private static int upTo(long distance, long stride, int least, int most) {
    return Math.clamp(Math.ceilDiv(distance, stride), least, most);
  }

  /**
   * Copies the rows of one phase that lie inside the input. A row of scratch begins, for this
   * purpose, where the input does: on a vector's boundary, with the padding on both sides at its
   * end. So it is filled in strips of one vector, all rows of a strip at once.
   */
  private void rows(
      MemorySegment x, long rowAt, long q, int wide, MemorySegment out, long to, int rows) {
    long stride = width.stride();
    long first = q * stride + wide - width.padBegin();
    int left = before(first, stride, tiling.pitch());
    int count = upTo(width.input() - first, stride, left, tiling.pitch()) - left;
    long from = rowAt + (first + left * stride) * Float.BYTES;
    long step = height.stride() * rowBytes();
    // Whole vectors read on behind a row; only the last rows of the memory have nothing there.
    long read = Math.ceilDiv(count, LANES) * VECTOR * Math.min(stride, 2);
    long spare = x.byteSize() - from - read;
    int whole = stride > 2 || spare < 0 ? 0 : (int) Math.min(rows, spare / step + 1);
    zeros(out, to, left);
    long at = to + (long) left * Float.BYTES;
    for (int strip = 0; strip < tiling.pitch(); strip += LANES) {
      long target = at + (long) strip * Float.BYTES;
      int used = Math.clamp(count - strip, 0, LANES);
      if (used == 0) {
        zeroStrip(out, target, pitchBytes(), whole);
      } else if (stride == 1) {
        strip(x, from + 4L * strip, step, out, target, pitchBytes(), whole, used);
      } else {
        evenStrip(x, from + 8L * strip, step, out, target, pitchBytes(), whole, used);
      }
    }
    for (int row = whole; row < rows; row++) {
      singly(x, from + row * step, stride, out, at + row * pitchBytes(), count);
      zeros(out, at + row * pitchBytes() + 4L * count, tiling.pitch() - count);
    }
  }

  /** One vector of each row, of which {@code used} elements lie in the input. */
  private static void strip(
      MemorySegment x,
      long from,
      long step,
      MemorySegment out,
      long to,
      long pitch,
      int rows,
      int used) {
    x = NATIVE.cast(x);
    out = NATIVE.cast(out);
    VectorMask<Float> inside = VectorMask.fromLong(SPECIES, -1L >>> (Long.SIZE - used));
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int row = 0; row < rows; row++) {
      zero.blend(FloatVector.fromMemorySegment(SPECIES, x, from + row * step, ORDER), inside)
          .intoMemorySegment(out, to + row * pitch, ORDER);
    }
  }

  /** As {@link #strip}, with every second element of two vectors. */
  private static void evenStrip(
      MemorySegment x,
      long from,
      long step,
      MemorySegment out,
      long to,
      long pitch,
      int rows,
      int used) {
    x = NATIVE.cast(x);
    out = NATIVE.cast(out);
    VectorMask<Float> inside = VectorMask.fromLong(SPECIES, -1L >>> (Long.SIZE - used));
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int row = 0; row < rows; row++) {
      long at = from + row * step;
      FloatVector a = FloatVector.fromMemorySegment(SPECIES, x, at, ORDER).rearrange(EVEN);
      FloatVector b = FloatVector.fromMemorySegment(SPECIES, x, at + VECTOR, ORDER).rearrange(EVEN);
      zero.blend(a.blend(b, UPPER), inside).intoMemorySegment(out, to + row * pitch, ORDER);
    }
  }

  private static void zeroStrip(MemorySegment out, long to, long pitch, int rows) {
    out = NATIVE.cast(out);
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int row = 0; row < rows; row++) {
      zero.intoMemorySegment(out, to + row * pitch, ORDER);
    }
  }

  private static void singly(
      MemorySegment x, long from, long stride, MemorySegment out, long to, int count) {
    for (int i = 0; i < count; i++) {
      float value = x.get(JAVA_FLOAT_UNALIGNED, from + i * stride * Float.BYTES);
      out.set(JAVA_FLOAT_UNALIGNED, to + 4L * i, value);
    }
  }

  private static void zeros(MemorySegment out, long to, int count) {
    out = NATIVE.cast(out);
    for (int i = 0; i < count; i += LANES) {
      FloatVector.zero(SPECIES).intoMemorySegment(out, to + 4L * i, ORDER);
    }
  }
}
