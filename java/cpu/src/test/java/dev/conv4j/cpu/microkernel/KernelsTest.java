package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.cpu.Allocations;
import dev.conv4j.cpu.machine.VectorSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** The innermost loops against chains of {@link Math#fma}, to the bit. */
@Tag("width")
@Tag("microkernel")
class KernelsTest {

  private static final long TWO_SLICES = 80;

  private static final int[] DEPTHS = {0, 1, 2, 3, 4, 5, 7, 64};
  private static final int TILES = 3;
  private static final float UNTOUCHED = -12345;

  private final Arena arena = Arena.ofShared();
  private final Kernels kernels = Kernels.best();
  private final Random random = new Random(7);

  @AfterEach
  void free() {
    arena.close();
  }

  private MemorySegment randoms(long count) {
    MemorySegment segment = arena.allocate(count * Float.BYTES, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, random.nextFloat() - 0.5f);
    }
    return segment;
  }

  private MemorySegment untouched(long count) {
    MemorySegment segment = arena.allocate(count * Float.BYTES, 64);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, UNTOUCHED);
    }
    return segment;
  }

  private static float at(MemorySegment segment, long index) {
    return segment.get(JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
  }

  private List<Microkernel> microkernels() {
    Stream<Microkernel> packed =
        kernels.packed().stream().flatMap(each -> Stream.of(each.wide(), each.narrow()));
    return Stream.concat(Stream.of(kernels.wide(), kernels.narrow()), packed).distinct().toList();
  }

  private List<PlaneKernel> planeKernels() {
    return kernels.planes().stream()
        .flatMap(each -> Stream.of(each.wide(), each.narrow()))
        .toList();
  }

  /** What is read ahead is only read: the sums are the same, whatever it is. */
  @Test
  void readingAheadChangesNothing() {
    int depth = 33;
    for (Microkernel kernel : microkernels()) {
      MemorySegment a = randoms((long) depth * Moves.GROUP);
      MemorySegment b = randoms((long) depth * kernel.columns());
      MemorySegment next = arena.allocate((long) depth * Microkernel.AHEAD_BYTES, 64);
      for (int k = 0; k < depth; k += 3) {
        next.set(JAVA_INT, (long) k * Microkernel.AHEAD_BYTES, Microkernel.UNLIKELY);
      }
      long row = (long) kernel.columns() * Float.BYTES;
      MemorySegment expected = untouched((long) kernel.rows() * kernel.columns());
      MemorySegment c = untouched((long) kernel.rows() * kernel.columns());
      kernel.run(depth, a, 0, b, 0, expected, 0, row);
      int met = kernel.run(depth, a, 0, b, 0, c, 0, row, next.asReadOnly(), 0);
      assertEquals(-1, expected.mismatch(c), kernel.getClass().getSimpleName());
      boolean reads = VectorSupport.isUsable() && kernel.columns() == kernels.columns();
      assertEquals(reads ? depth / 3 : 0, met, kernel.getClass().getSimpleName());
    }
  }

  @Test
  void shortOperandsAreRefused() {
    int depth = 9;
    for (Microkernel kernel : microkernels()) {
      long row = (long) kernel.columns() * Float.BYTES;
      MemorySegment a = randoms(Moves.groupBytes(depth, kernel.rows()) / Float.BYTES);
      MemorySegment b = randoms((long) depth * kernel.columns());
      MemorySegment c = untouched((long) kernel.rows() * kernel.columns());
      kernel.run(depth, a, 0, b, 0, c, 0, row);
      assertRefused(() -> kernel.run(depth, a.asSlice(0, a.byteSize() - 4), 0, b, 0, c, 0, row));
      assertRefused(() -> kernel.run(depth, a, 0, b.asSlice(0, b.byteSize() - 4), 0, c, 0, row));
      assertRefused(() -> kernel.run(depth, a, -4, b, 0, c, 0, row));
    }
  }

  private static void assertRefused(Executable call) {
    assertThrows(IndexOutOfBoundsException.class, call);
  }

  @Test
  void packedTilesFitPanelsAndGroups() {
    for (PackedKernels each : kernels.packed()) {
      assertEquals(kernels.columns(), each.wide().columns());
      assertEquals(kernels.narrow().columns(), each.narrow().columns());
      assertEquals(each.wide().rows(), each.narrow().rows());
      assertTrue(each.rows() <= Moves.GROUP);
    }
  }

  @Test
  void gatheredTilesAreChainsOfFusedMultiplyAdds() {
    for (Microkernel kernel : microkernels()) {
      for (int depth : DEPTHS) {
        int columns = kernel.columns();
        int pitch = columns + 3;
        MemorySegment a = randoms((long) Moves.GROUP * depth + 1);
        MemorySegment b = randoms((long) columns * depth + 1);
        MemorySegment c = untouched((long) kernel.rows() * pitch);
        kernel.run(depth, a, 0, b, 0, c, 0, (long) pitch * Float.BYTES);
        checkTile(kernel, depth, a, 1, Moves.GROUP, b, c, pitch);
      }
    }
  }

  @Test
  void tilesOfRowsAreChainsOfFusedMultiplyAdds() {
    for (RowMicrokernel kernel : List.of(kernels.wide(), kernels.narrow())) {
      for (int depth : DEPTHS) {
        int columns = kernel.columns();
        int pitch = columns + 3;
        int row = depth + 5;
        MemorySegment a = randoms((long) kernel.rows() * row);
        MemorySegment b = randoms((long) columns * depth + 1);
        MemorySegment c = untouched((long) kernel.rows() * pitch);
        kernel.runRows(
            depth, a, 0, (long) row * Float.BYTES, b, 0, c, 0, (long) pitch * Float.BYTES);
        checkTile(kernel, depth, a, row, 1, b, c, pitch);
      }
    }
  }

  private static void checkTile(
      Microkernel kernel,
      int depth,
      MemorySegment a,
      int aRow,
      int aStep,
      MemorySegment b,
      MemorySegment c,
      int pitch) {
    int columns = kernel.columns();
    for (int i = 0; i < kernel.rows(); i++) {
      for (int j = 0; j < pitch; j++) {
        float expected = j < columns ? 0 : UNTOUCHED;
        for (int k = 0; j < columns && k < depth; k++) {
          expected =
              Math.fma(
                  at(a, (long) i * aRow + (long) k * aStep),
                  at(b, (long) k * columns + j),
                  expected);
        }
        assertEquals(
            expected, at(c, (long) i * pitch + j), kernel + " depth " + depth + " " + i + "," + j);
      }
    }
  }

  private MemorySegment places(int[] offsets) {
    MemorySegment places = arena.allocate((offsets.length + 1L) * Long.BYTES, Long.BYTES);
    for (int k = 0; k < offsets.length; k++) {
      places.setAtIndex(JAVA_LONG, k, offsets[k]);
    }
    return places;
  }

  @Test
  void planesReadInPlaceAreChainsOfFusedMultiplyAdds() {
    for (PlaneKernel kernel : planeKernels()) {
      for (int depth : DEPTHS) {
        int points = kernel.points() * TILES;
        int pitch = points + 3;
        int[] offsets = new int[depth];
        for (int k = 0; k < depth; k++) {
          offsets[k] = (k * 37 % 101 + 1) * Float.BYTES;
        }
        MemorySegment a = randoms((long) kernel.filters() * depth + 1);
        MemorySegment b = randoms(110L + points);
        MemorySegment c = untouched((long) kernel.filters() * pitch);
        kernel.run(depth, a, 0, b, 8, places(offsets), c, 0, (long) pitch * Float.BYTES, TILES);
        checkPlanes(kernel, a, b, offsets, c, pitch);
      }
    }
  }

  private static void checkPlanes(
      PlaneKernel kernel,
      MemorySegment a,
      MemorySegment b,
      int[] offsets,
      MemorySegment c,
      int pitch) {
    for (int i = 0; i < kernel.filters(); i++) {
      for (int j = 0; j < pitch; j++) {
        float expected = j < TILES * kernel.points() ? 0 : UNTOUCHED;
        for (int k = 0; j < TILES * kernel.points() && k < offsets.length; k++) {
          expected =
              Math.fma(
                  at(a, (long) k * kernel.filters() + i),
                  at(b, 2 + offsets[k] / Float.BYTES + j),
                  expected);
        }
        assertEquals(expected, at(c, (long) i * pitch + j), kernel + " " + i + "," + j);
      }
    }
  }

  /**
   * No vector is an object. The two slices a kernel begins with may be, in one launch of many: that
   * is a nanosecond a tile.
   */
  @Test
  @Tag("allocation")
  void microkernelsAllocateNoVectors() {
    MemorySegment a = randoms(4096);
    MemorySegment b = randoms(8192);
    MemorySegment c = untouched(4096);
    MemorySegment places = places(new int[64]);
    for (Microkernel kernel : microkernels()) {
      allocatesNoVectors(kernel, () -> kernel.run(64, a, 0, b, 0, c, 0, 512));
    }
    for (RowMicrokernel kernel : List.of(kernels.wide(), kernels.narrow())) {
      allocatesNoVectors(kernel, () -> kernel.runRows(64, a, 0, 320, b, 0, c, 0, 512));
    }
    for (PlaneKernel kernel : planeKernels()) {
      allocatesNoVectors(kernel, () -> kernel.run(64, a, 0, b, 0, places, c, 0, 512, 2));
    }
  }

  private static void allocatesNoVectors(Object kernel, Runnable code) {
    long bytes = Allocations.perCall(code, TWO_SLICES);
    assertTrue(bytes <= TWO_SLICES, () -> kernel + " allocates " + bytes + " bytes");
  }

  @Test
  void transposingTouchesExactlyTheMatrix() {
    for (int rows : new int[] {1, 3, 8, 16, 17, 35}) {
      for (int columns : new int[] {1, 5, 16, 31, 32}) {
        int targetPitch = rows + 2;
        MemorySegment source = randoms((long) rows * columns);
        MemorySegment target = untouched((long) targetPitch * columns);
        kernels
            .moves()
            .transpose(
                source,
                0,
                (long) columns * Float.BYTES,
                target,
                0,
                (long) targetPitch * Float.BYTES,
                rows,
                columns);
        for (int j = 0; j < columns; j++) {
          for (int i = 0; i < targetPitch; i++) {
            float expected = i < rows ? at(source, (long) i * columns + j) : UNTOUCHED;
            assertEquals(expected, at(target, (long) j * targetPitch + i), rows + "x" + columns);
          }
        }
      }
    }
  }

  /** The source ends with the last element wanted: reading one more throws. */
  @Test
  void copyingReadsAndWritesExactlyTheElementsWanted() {
    for (int step = 1; step <= 3; step++) {
      for (int count = 1; count <= 70; count++) {
        MemorySegment source = randoms((count - 1L) * step + 1);
        MemorySegment target = untouched(count + 2L);
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
    MemorySegment source = randoms(1 + 2L * reach);
    MemorySegment target = untouched(1L + (long) rows.length * pitch);
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
      MemorySegment source = randoms(64);
      MemorySegment target = untouched(Moves.GROUP * (offsets.length + 1L));
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
    MemorySegment source = randoms(64);
    MemorySegment target = untouched(Moves.GROUP * (offsets.length + 1L));
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
      MemorySegment source = randoms(160);
      MemorySegment target = untouched((long) pitch * offsets.length + kernels.moves().run() + 1L);
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
