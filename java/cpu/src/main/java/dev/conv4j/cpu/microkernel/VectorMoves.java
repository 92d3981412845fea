package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.cpu.vector.Lanes;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Whole vectors; edges go through {@link PlainMoves}. */
final class VectorMoves implements Moves {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;

  /** Two vectors share what finding their places takes; more would copy too much of short rows. */
  private static final int RUN = 2 * LANES;

  /** From here on the JDK's own copying is as fast, and needs no compiling. */
  private static final int LONG_RUN = 512;

  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** A group in one vector, or in two where vectors have four lanes. */
  private static final VectorSpecies<Float> GROUP_SPECIES =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Math.min(Lanes.BITS, 256)));

  private static final boolean ONE_VECTOR = GROUP_SPECIES.length() == GROUP;
  private static final long HALF = GROUP_BYTES / 2;
  private static final int PART_LANES = GROUP_SPECIES.length();
  private static final long PART = (long) PART_LANES * Float.BYTES;

  /** Every second element of two of them. */
  private static final FloatVector GROUP_PAIRS = StridedCopies.even(GROUP_SPECIES, 0);

  private static final PlainMoves PLAIN = new PlainMoves();

  private static final @Nullable MachineTranspose MACHINE = MachineTranspose.here().orElse(null);

  private final VectorTranspose transposition = new VectorTranspose();

  @Override
  public int run() {
    return RUN;
  }

  @Override
  public void gather(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    if (step == 1) {
      gatherRuns(source, base, offsets, count, target, at);
    } else {
      gatherEven(source, base, offsets, count, target, at);
    }
  }

  private static void gatherRuns(
      MemorySegment source, long base, int[] offsets, int count, MemorySegment target, long at) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < count; i++) {
      long from = base + offsets[i];
      FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER)
          .intoMemorySegment(target, at, ORDER);
      if (!ONE_VECTOR) {
        FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + HALF, ORDER)
            .intoMemorySegment(target, at + HALF, ORDER);
      }
      at += GROUP_BYTES;
    }
  }

  private static void gatherEven(
      MemorySegment source, long base, int[] offsets, int count, MemorySegment target, long at) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < count; i++) {
      long from = base + offsets[i];
      FloatVector low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER);
      FloatVector high = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + PART, ORDER);
      GROUP_PAIRS.selectFrom(low, high).intoMemorySegment(target, at, ORDER);
      if (!ONE_VECTOR) {
        low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + 2 * PART, ORDER);
        high = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + 3 * PART, ORDER);
        GROUP_PAIRS.selectFrom(low, high).intoMemorySegment(target, at + HALF, ORDER);
      }
      at += GROUP_BYTES;
    }
  }

  @Override
  public void gatherSplit(
      MemorySegment source,
      long base,
      long second,
      int split,
      int step,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    long skip = (long) split * Float.BYTES;
    if (step == 1) {
      splitRuns(source, base, second, skip, offsets, count, target, at);
    } else {
      splitEven(source, base, second, skip, offsets, count, target, at);
    }
  }

  private static void splitRuns(
      MemorySegment source,
      long base,
      long second,
      long skip,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < count; i++) {
      long from = base + offsets[i];
      long rest = second + offsets[i];
      FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER)
          .intoMemorySegment(target, at, ORDER);
      if (!ONE_VECTOR) {
        FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + HALF, ORDER)
            .intoMemorySegment(target, at + HALF, ORDER);
      }
      FloatVector.fromMemorySegment(GROUP_SPECIES, source, rest, ORDER)
          .intoMemorySegment(target, at + skip, ORDER);
      if (!ONE_VECTOR) {
        FloatVector.fromMemorySegment(GROUP_SPECIES, source, rest + HALF, ORDER)
            .intoMemorySegment(target, at + skip + HALF, ORDER);
      }
      at += GROUP_BYTES;
    }
  }

  /**
   * Group by group, first one place and then the other: what is written too much is overwritten.
   */
  private static void splitEven(
      MemorySegment source,
      long base,
      long second,
      long skip,
      int[] offsets,
      int count,
      MemorySegment target,
      long at) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < 2 * count; i++) {
      long from = (i % 2 == 0 ? base : second) + offsets[i / 2];
      long to = at + (i / 2) * GROUP_BYTES + (i % 2) * skip;
      FloatVector low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER);
      FloatVector high = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + PART, ORDER);
      GROUP_PAIRS.selectFrom(low, high).intoMemorySegment(target, to, ORDER);
      if (!ONE_VECTOR) {
        low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + 2 * PART, ORDER);
        high = FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + 3 * PART, ORDER);
        GROUP_PAIRS.selectFrom(low, high).intoMemorySegment(target, to + HALF, ORDER);
      }
    }
  }

  @Override
  public void scatter(
      MemorySegment source,
      long base,
      int step,
      int[] offsets,
      int count,
      int[] from,
      MemorySegment target,
      long at,
      int[] to,
      long pitch) {
    for (int i = 0; i < count; i++) {
      long row = base + offsets[i];
      if (step == 1) {
        scatterRun(source, row, from, target, at + i * pitch, to);
      } else {
        scatterEven(source, row, from, target, at + i * pitch, to);
      }
    }
  }

  private static void scatterRun(
      MemorySegment source, long row, int[] from, MemorySegment target, long at, int[] to) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < from.length; i++) {
      long here = row + from[i];
      long there = at + to[i];
      for (int j = 0; j < RUN; j += LANES) {
        long lanes = (long) j * Float.BYTES;
        FloatVector.fromMemorySegment(SPECIES, source, here + lanes, ORDER)
            .intoMemorySegment(target, there + lanes, ORDER);
      }
    }
  }

  private static void scatterEven(
      MemorySegment source, long row, int[] from, MemorySegment target, long at, int[] to) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    for (int i = 0; i < from.length; i++) {
      long here = row + from[i];
      long there = at + to[i];
      for (int j = 0; j < RUN; j += PART_LANES) {
        long lanes = (long) j * Float.BYTES;
        long pair = here + 2 * lanes;
        FloatVector low = FloatVector.fromMemorySegment(GROUP_SPECIES, source, pair, ORDER);
        FloatVector high = FloatVector.fromMemorySegment(GROUP_SPECIES, source, pair + PART, ORDER);
        GROUP_PAIRS.selectFrom(low, high).intoMemorySegment(target, there + lanes, ORDER);
      }
    }
  }

  @Override
  public void gatherLane(
      MemorySegment source, long base, int[] offsets, int count, MemorySegment target, long at) {
    PLAIN.gatherLane(source, base, offsets, count, target, at);
  }

  @Override
  public void copy(
      MemorySegment source, long from, long step, MemorySegment target, long to, int count) {
    int done = step == 1 ? copyRun(source, from, target, to, count) : 0;
    if (step == 2) {
      done = StridedCopies.seconds(source, from, target, to, count);
    } else if (step == 3) {
      done = StridedCopies.thirds(source, from, target, to, count);
    }
    PlainMoves.copyStrided(source, from, step * Float.BYTES, target, to, done, count);
  }

  @Override
  public void copyRows(
      MemorySegment source,
      long base,
      long[] rows,
      long step,
      int before,
      int count,
      int length,
      MemorySegment target,
      long to,
      long pitch) {
    if (!RowCopies.takes(step, count)) {
      Moves.super.copyRows(source, base, rows, step, before, count, length, target, to, pitch);
    } else if (step == 1) {
      RowCopies.dense(source, base, rows, before, count, length, target, to, pitch);
    } else {
      RowCopies.seconds(source, base, rows, before, count, length, target, to, pitch);
    }
  }

  private static int copyRun(
      MemorySegment source, long from, MemorySegment target, long to, int count) {
    if (count >= LONG_RUN) {
      MemorySegment.copy(source, from, target, to, (long) count * Float.BYTES);
      return count;
    }
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, source, from + at, ORDER)
          .intoMemorySegment(target, to + at, ORDER);
    }
    if (i < count && count >= LANES) {
      long at = (long) (count - LANES) * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, source, from + at, ORDER)
          .intoMemorySegment(target, to + at, ORDER);
      return count;
    }
    return i == count ? i : copyShort(source, from, target, to, count);
  }

  /** Less than a vector: two shorter ones that overlap. */
  private static int copyShort(
      MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    if (LANES > GROUP && count >= GROUP) {
      long last = (long) (count - GROUP) * Float.BYTES;
      FloatVector.fromMemorySegment(GROUP_SPECIES, source, from, ORDER)
          .intoMemorySegment(target, to, ORDER);
      FloatVector.fromMemorySegment(GROUP_SPECIES, source, from + last, ORDER)
          .intoMemorySegment(target, to + last, ORDER);
      return count;
    }
    if (LANES > 4 && count >= 4) {
      long last = (count - 4L) * Float.BYTES;
      FloatVector.fromMemorySegment(FloatVector.SPECIES_128, source, from, ORDER)
          .intoMemorySegment(target, to, ORDER);
      FloatVector.fromMemorySegment(FloatVector.SPECIES_128, source, from + last, ORDER)
          .intoMemorySegment(target, to + last, ORDER);
      return count;
    }
    return 0;
  }

  @Override
  public void spread(
      MemorySegment source, long from, MemorySegment target, long to, long step, int count) {
    PLAIN.spread(source, from, target, to, step, count);
  }

  @Override
  public void touch(
      MemorySegment source,
      long at,
      long bytes,
      long pitch,
      int runs,
      MemorySegment target,
      long to) {
    PLAIN.touch(source, at, bytes, pitch, runs, target, to);
  }

  @Override
  public void zero(MemorySegment target, long at, int count) {
    target = NATIVE.cast(target);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.zero(SPECIES).intoMemorySegment(target, at + (long) i * Float.BYTES, ORDER);
    }
    PlainMoves.zero(target, at, i, count);
  }

  @Override
  public void add(MemorySegment source, long from, MemorySegment target, long to, int count) {
    source = NATIVE.cast(source);
    target = NATIVE.cast(target);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      long at = (long) i * Float.BYTES;
      FloatVector.fromMemorySegment(SPECIES, target, to + at, ORDER)
          .add(FloatVector.fromMemorySegment(SPECIES, source, from + at, ORDER))
          .intoMemorySegment(target, to + at, ORDER);
    }
    PlainMoves.add(source, from, target, to, i, count);
  }

  @Override
  public void transpose(
      MemorySegment source,
      long from,
      long sourceRow,
      MemorySegment target,
      long to,
      long targetRow,
      int rows,
      int columns) {
    int done = 0;
    if (rows == ColourInterleave.COLOURS && targetRow == (long) rows * Float.BYTES) {
      done = ColourInterleave.run(source, from, sourceRow, target, to, columns);
    }
    long rest = from + (long) done * Float.BYTES;
    long at = to + done * targetRow;
    transposition.run(source, rest, sourceRow, target, at, targetRow, rows, columns - done);
  }

  @Override
  public void group(
      MemorySegment source,
      long from,
      long sourceRow,
      long next,
      MemorySegment target,
      long to,
      long targetNext,
      int count,
      int elements) {
    for (int i = 0; i < elements; i += LANES) {
      long at = (long) i * Float.BYTES;
      long groups = to + i * GROUP_BYTES;
      transposition.group(source, from + at, sourceRow, next, target, groups, targetNext, count);
    }
  }

  @Override
  public Transpose transposeOf(boolean own) {
    return own && MACHINE != null ? MACHINE : this;
  }
}
