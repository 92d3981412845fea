package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Moves#copyRows} by whole vectors, of which a row's last one overlaps the one before. Rows
 * are short, so that entering a method for each would take longer than copying it.
 */
final class RowCopies {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final long VECTOR = (long) LANES * Float.BYTES;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final FloatVector EVEN = StridedCopies.even(SPECIES, 0);

  /** Nothing may be behind a row's last element: the last vector reads up to it and no further. */
  private static final FloatVector LAST_EVEN = StridedCopies.even(SPECIES, 1);

  private RowCopies() {}

  /** Returns whether rows can be copied here. */
  static boolean takes(long step, int count) {
    return (step == 1 || step == 2) && count >= LANES;
  }

  /** Copies neighbours. */
  static void dense(
      MemorySegment source,
      long base,
      long[] rows,
      int before,
      int count,
      int length,
      MemorySegment target,
      long to,
      long pitch) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    long last = (long) (count - LANES) * Float.BYTES;
    for (int row = 0; row < rows.length; row++) {
      long at = to + row * pitch;
      if (rows[row] < 0) {
        PlainMoves.zero(target, at, 0, rows[row] == Moves.ZEROS ? length : 0);
        continue;
      }
      long from = base + rows[row] * Float.BYTES;
      PlainMoves.zero(target, at, 0, before);
      PlainMoves.zero(target, at, before + count, length);
      at += (long) before * Float.BYTES;
      for (long i = 0; i < last; i += VECTOR) {
        FloatVector.fromMemorySegment(SPECIES, source, from + i, ORDER)
            .intoMemorySegment(target, at + i, ORDER);
      }
      FloatVector.fromMemorySegment(SPECIES, source, from + last, ORDER)
          .intoMemorySegment(target, at + last, ORDER);
    }
  }

  /** Copies every second element. */
  static void seconds(
      MemorySegment source,
      long base,
      long[] rows,
      int before,
      int count,
      int length,
      MemorySegment target,
      long to,
      long pitch) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    long last = (long) (count - LANES) * Float.BYTES;
    for (int row = 0; row < rows.length; row++) {
      long at = to + row * pitch;
      if (rows[row] < 0) {
        PlainMoves.zero(target, at, 0, rows[row] == Moves.ZEROS ? length : 0);
        continue;
      }
      long from = base + rows[row] * Float.BYTES;
      PlainMoves.zero(target, at, 0, before);
      PlainMoves.zero(target, at, before + count, length);
      at += (long) before * Float.BYTES;
      for (long i = 0; i < last; i += VECTOR) {
        long pair = from + 2 * i;
        FloatVector low = FloatVector.fromMemorySegment(SPECIES, source, pair, ORDER);
        FloatVector high = FloatVector.fromMemorySegment(SPECIES, source, pair + VECTOR, ORDER);
        EVEN.selectFrom(low, high).intoMemorySegment(target, at + i, ORDER);
      }
      long pair = from + 2 * last;
      FloatVector low = FloatVector.fromMemorySegment(SPECIES, source, pair, ORDER);
      FloatVector high =
          FloatVector.fromMemorySegment(SPECIES, source, pair + VECTOR - Float.BYTES, ORDER);
      LAST_EVEN.selectFrom(low, high).intoMemorySegment(target, at + last, ORDER);
    }
  }
}
