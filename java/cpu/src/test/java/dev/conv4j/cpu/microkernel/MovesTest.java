package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.microkernel.TestMemory.UNTOUCHED;
import static dev.conv4j.cpu.microkernel.TestMemory.at;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Data movement: every element where it belongs, and nothing else read or written. */
@Tag("width")
@Tag("microkernel")
class MovesTest {

  private final TestMemory memory = new TestMemory();
  private final Kernels kernels = Kernels.best();

  @AfterEach
  void free() {
    memory.close();
  }

  /** For anybody's memory, and for the library's own. */
  private List<Transpose> transpositions() {
    return List.of(kernels.moves(), kernels.moves().transposeOf(true));
  }

  @Test
  void transposingTouchesExactlyTheMatrix() {
    for (int rows : new int[] {1, 3, 8, 15, 16, 17, 31, 35, 48}) {
      for (int columns : new int[] {1, 5, 15, 16, 17, 31, 32, 50}) {
        transpositions().forEach(each -> transposingTouchesExactlyTheMatrix(each, rows, columns));
      }
    }
  }

  private void transposingTouchesExactlyTheMatrix(Transpose transpose, int rows, int columns) {
    int targetPitch = rows + 2;
    MemorySegment source = memory.randoms((long) rows * columns);
    MemorySegment target = memory.untouched((long) targetPitch * columns);
    long row = (long) columns * Float.BYTES;
    long column = (long) targetPitch * Float.BYTES;
    transpose.transpose(source, 0, row, target, 0, column, rows, columns);
    for (int j = 0; j < columns; j++) {
      for (int i = 0; i < targetPitch; i++) {
        float expected = i < rows ? at(source, (long) i * columns + j) : UNTOUCHED;
        assertEquals(expected, at(target, (long) j * targetPitch + i), rows + "x" + columns);
      }
    }
  }

  /** More than a call of machine code takes. */
  @Test
  void largeMatricesAreTransposedInParts() {
    int rows = 530;
    int columns = 1030;
    MemorySegment source = memory.randoms((long) rows * columns);
    for (Transpose each : transpositions()) {
      MemorySegment target = memory.untouched((long) rows * columns + 1);
      long row = (long) columns * Float.BYTES;
      each.transpose(source, 0, row, target, 0, (long) rows * Float.BYTES, rows, columns);
      for (int j = 0; j < columns; j++) {
        for (int i = 0; i < rows; i++) {
          assertEquals(at(source, (long) i * columns + j), at(target, (long) j * rows + i));
        }
      }
      assertEquals(UNTOUCHED, at(target, (long) rows * columns));
    }
  }

  @Test
  void groupsOfEightRowsBecomeNeighbours() {
    int elements = 48;
    int pitch = elements + 3;
    for (int count = 0; count <= 3; count++) {
      // Groups that share a row, and targets with a gap.
      int next = 7 * pitch;
      int targetNext = 8 * elements + 5;
      MemorySegment source = memory.randoms((long) count * next + 8L * pitch);
      for (Transpose each : transpositions()) {
        MemorySegment target = memory.untouched((long) count * targetNext + 1);
        each.group(
            source,
            0,
            (long) pitch * Float.BYTES,
            (long) next * Float.BYTES,
            target,
            0,
            (long) targetNext * Float.BYTES,
            count,
            elements);
        for (long i = 0; i < target.byteSize() / Float.BYTES; i++) {
          long group = i / targetNext;
          long place = i % targetNext;
          boolean written = group < count && place < 8L * elements;
          long from = group * next + place % 8 * pitch + place / 8;
          assertEquals(written ? at(source, from) : UNTOUCHED, at(target, i));
        }
      }
    }
  }

  /** Nothing is checked behind a call of machine code, so all of it is before. */
  @Test
  void transpositionsBeyondTheirMemoryAreRefused() {
    MemorySegment small = memory.randoms(16 * 16);
    MemorySegment large = memory.randoms(16 * 17);
    long row = 16L * Float.BYTES;
    Class<IndexOutOfBoundsException> refused = IndexOutOfBoundsException.class;
    for (Transpose each : transpositions()) {
      assertThrows(refused, () -> each.transpose(small, 0, row, large, 0, row, 17, 16));
      assertThrows(refused, () -> each.transpose(large, 0, row, small, 0, row, 16, 17));
      assertThrows(refused, () -> each.transpose(small, 4, row, large, 0, row, 16, 16));
      assertThrows(refused, () -> each.group(small, row + 4, 2 * row, row, large, 0, row, 1, 16));
      assertThrows(refused, () -> each.group(large, 0, row, 0, small, 8 * row + 4, row, 1, 16));
    }
  }

  /** Columns follow one another without a gap, as the channels of pixels do. */
  @Test
  void planesBecomePixelsAndNothingElseIsTouched() {
    for (int rows = 1; rows <= 4; rows++) {
      for (int columns : new int[] {1, 5, 15, 16, 17, 47, 48, 100}) {
        MemorySegment source = memory.randoms((long) rows * columns);
        MemorySegment target = memory.untouched((long) rows * columns + 2);
        long row = (long) columns * Float.BYTES;
        long pixel = (long) rows * Float.BYTES;
        kernels.moves().transpose(source, 0, row, target, Float.BYTES, pixel, rows, columns);
        assertEquals(UNTOUCHED, at(target, 0));
        assertEquals(UNTOUCHED, at(target, (long) rows * columns + 1));
        for (int i = 0; i < rows * columns; i++) {
          float expected = at(source, (long) (i % rows) * columns + i / rows);
          assertEquals(expected, at(target, 1 + i), rows + "x" + columns + " at " + i);
        }
      }
    }
  }

  /** The source ends with the last element wanted: reading one more throws. */
  @Test
  void copyingReadsAndWritesExactlyTheElementsWanted() {
    for (int step = 1; step <= 3; step++) {
      for (int count = 1; count <= 70; count++) {
        MemorySegment source = memory.randoms((count - 1L) * step + 1);
        MemorySegment target = memory.untouched(count + 2L);
        kernels.moves().copy(source, 0, step, target, Float.BYTES, count);
        for (int i = 0; i < count + 2; i++) {
          boolean inside = i > 0 && i <= count;
          float expected = inside ? at(source, (i - 1L) * step) : UNTOUCHED;
          assertEquals(expected, at(target, i), "step " + step + " count " + count + " at " + i);
        }
      }
    }
  }

  @Test
  void copiedRowsHaveZerosAroundThemAndNothingElseIsTouched() {
    for (int step = 1; step <= 3; step++) {
      for (int count = 1; count <= 70; count++) {
        checkCopiedRows(step, count);
      }
    }
  }

  private void checkCopiedRows(int step, int count) {
    int before = count % 3;
    int length = before + count + count % 2;
    int pitch = length + 1;
    int reach = (count - 1) * step + 1;
    long[] rows = {reach, Moves.ZEROS, 1, Moves.LEFT_ALONE, 0};
    MemorySegment source = memory.randoms(1 + 2L * reach);
    MemorySegment target = memory.untouched(1L + (long) rows.length * pitch);
    kernels.moves().copyRows(source, 4, rows, step, before, count, length, target, 4, pitch * 4L);
    assertEquals(UNTOUCHED, at(target, 0));
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < pitch; i++) {
        boolean inside = rows[row] >= 0 && i >= before && i < before + count;
        float around = i < length && rows[row] != Moves.LEFT_ALONE ? 0 : UNTOUCHED;
        float expected = inside ? at(source, 1 + rows[row] + (long) (i - before) * step) : around;
        String where = "step " + step + " count " + count + " row " + row + " at " + i;
        assertEquals(expected, at(target, 1L + (long) row * pitch + i), where);
      }
    }
  }

  @Test
  void gatheringTakesNeighboursOrEverySecondElement() {
    int[] offsets = {8, 0, 40, 12};
    for (int step = 1; step <= 2; step++) {
      MemorySegment source = memory.randoms(64);
      MemorySegment target = memory.untouched(Moves.GROUP * (offsets.length + 1L));
      kernels.moves().gather(source, 4, step, offsets, offsets.length, target, 0);
      for (int k = 0; k < offsets.length; k++) {
        for (int lane = 0; lane < Moves.GROUP; lane++) {
          float expected = at(source, 1 + (long) lane * step + offsets[k] / Float.BYTES);
          assertEquals(expected, at(target, (long) k * Moves.GROUP + lane), step + " " + lane);
        }
      }
      assertEquals(UNTOUCHED, at(target, (long) Moves.GROUP * offsets.length));
    }
  }

  @Test
  void gatheringAcrossTwoPlacesTakesTheLanesOfBoth() {
    for (int step = 1; step <= 2; step++) {
      for (int split = 1; split < Moves.GROUP; split++) {
        checkGatherSplit(step, split);
      }
    }
  }

  private void checkGatherSplit(int step, int split) {
    int[] offsets = {8, 0, 40, 12};
    MemorySegment source = memory.randoms(64);
    MemorySegment target = memory.untouched(Moves.GROUP * (offsets.length + 1L));
    kernels.moves().gatherSplit(source, 4, 100, split, step, offsets, offsets.length, target, 0);
    for (int k = 0; k < offsets.length; k++) {
      for (int lane = 0; lane < Moves.GROUP; lane++) {
        long from = lane < split ? 1 + (long) lane * step : 25 + (long) (lane - split) * step;
        float expected = at(source, from + offsets[k] / Float.BYTES);
        assertEquals(expected, at(target, (long) k * Moves.GROUP + lane), split + " " + lane);
      }
    }
  }

  /** Runs overlap: what one writes too much belongs to the next, or to the next row. */
  @Test
  void scatteringLeavesEachRunsOwnElements() {
    int[] offsets = {8, 0, 40, 12};
    int[] from = {0, 4 * 9, 4 * 70};
    int[] to = {0, 4 * 5, 4 * 12};
    int pitch = 20;
    for (int step = 1; step <= 2; step++) {
      MemorySegment source = memory.randoms(160);
      MemorySegment target =
          memory.untouched((long) pitch * offsets.length + kernels.moves().run() + 1L);
      kernels
          .moves()
          .scatter(source, 4, step, offsets, offsets.length, from, target, 0, to, pitch * 4L);
      for (int k = 0; k < offsets.length; k++) {
        for (int i = 0; i < pitch; i++) {
          int run = i < 5 ? 0 : i < 12 ? 1 : 2;
          int lane = i - to[run] / Float.BYTES;
          long first = 1L + (offsets[k] + from[run]) / Float.BYTES;
          float expected = at(source, first + (long) lane * step);
          assertEquals(expected, at(target, (long) k * pitch + i), step + " " + k + " " + i);
        }
      }
      assertEquals(UNTOUCHED, at(target, (long) pitch * offsets.length + kernels.moves().run()));
    }
  }
}
