package dev.conv4j.cpu.microkernel;

import static dev.conv4j.cpu.microkernel.TestMemory.UNTOUCHED;
import static dev.conv4j.cpu.microkernel.TestMemory.at;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.cpu.Allocations;
import dev.conv4j.cpu.machine.VectorSupport;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

  private final TestMemory memory = new TestMemory();
  private final Kernels kernels = Kernels.best();

  @AfterEach
  void free() {
    memory.close();
  }

  private List<Microkernel> microkernels() {
    Stream<Microkernel> packed =
        kernels.packed().stream().flatMap(each -> Stream.of(each.wide(), each.narrow()));
    return Stream.concat(rowMicrokernels().stream(), packed).distinct().toList();
  }

  private List<RowMicrokernel> rowMicrokernels() {
    return kernels.each().stream()
        .flatMap(each -> Stream.of(each.wide(), each.narrow()))
        .distinct()
        .toList();
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
      MemorySegment a = memory.randoms((long) depth * Moves.GROUP);
      MemorySegment b = memory.randoms((long) depth * kernel.columns());
      MemorySegment next = memory.bytes((long) depth * kernel.aheadBytes());
      for (int k = 0; k < depth; k += 3) {
        next.set(JAVA_INT, (long) k * kernel.aheadBytes(), Microkernel.UNLIKELY);
      }
      long row = (long) kernel.columns() * Float.BYTES;
      MemorySegment expected = memory.untouched((long) kernel.rows() * kernel.columns());
      MemorySegment c = memory.untouched((long) kernel.rows() * kernel.columns());
      kernel.run(depth, a, 0, b, 0, expected, 0, row);
      int met = kernel.run(depth, a, 0, b, 0, c, 0, row, next.asReadOnly(), 0);
      assertEquals(-1, expected.mismatch(c), kernel.getClass().getSimpleName());
      boolean reads =
          VectorSupport.isUsable()
              && kernel.columns() > kernels.narrow().columns()
              && !(kernel instanceof MachineTile);
      assertEquals(reads ? depth / 3 : 0, met, kernel.getClass().getSimpleName());
    }
  }

  @Test
  void shortOperandsAreRefused() {
    int depth = 9;
    for (Microkernel kernel : microkernels()) {
      long row = (long) kernel.columns() * Float.BYTES;
      MemorySegment a = memory.randoms(Moves.groupBytes(depth, kernel.rows()) / Float.BYTES);
      MemorySegment b = memory.randoms((long) depth * kernel.columns());
      MemorySegment c = memory.untouched((long) kernel.rows() * kernel.columns());
      kernel.run(depth, a, 0, b, 0, c, 0, row);
      assertRefused(() -> kernel.run(depth, a.asSlice(0, a.byteSize() - 4), 0, b, 0, c, 0, row));
      assertRefused(() -> kernel.run(depth, a, 0, b.asSlice(0, b.byteSize() - 4), 0, c, 0, row));
      assertRefused(() -> kernel.run(depth, a, -4, b, 0, c, 0, row));
      assertRefused(() -> kernel.run(depth, a, 0, b, 0, c.asSlice(0, c.byteSize() - 4), 0, row));
    }
  }

  @Test
  void shortPlanesAreRefused() {
    int depth = 9;
    int[] offsets = new int[depth];
    Arrays.setAll(offsets, k -> k * 12);
    int farthest = offsets[depth - 1];
    MemorySegment table = places(offsets);
    for (PlaneKernel kernel : planeKernels()) {
      int points = kernel.points() * TILES;
      long row = (long) points * Float.BYTES;
      MemorySegment a = memory.randoms((long) kernel.filters() * depth);
      MemorySegment b = memory.randoms(farthest / Float.BYTES + (long) points);
      MemorySegment c = memory.untouched((long) kernel.filters() * points);
      kernel.run(depth, a, 0, b, 0, table, farthest, c, 0, row, TILES, 0);
      MemorySegment shortA = a.asSlice(0, a.byteSize() - 4);
      MemorySegment shortB = b.asSlice(0, b.byteSize() - 4);
      MemorySegment shortC = c.asSlice(0, c.byteSize() - 4);
      assertRefused(() -> kernel.run(depth, shortA, 0, b, 0, table, farthest, c, 0, row, TILES, 0));
      assertRefused(() -> kernel.run(depth, a, 0, shortB, 0, table, farthest, c, 0, row, TILES, 0));
      assertRefused(() -> kernel.run(depth, a, 0, b, 0, table, farthest, shortC, 0, row, TILES, 0));
    }
  }

  @Test
  void shortRowsAreRefused() {
    int depth = 9;
    for (RowMicrokernel kernel : rowMicrokernels()) {
      long aRow = (long) depth * Float.BYTES;
      long row = (long) kernel.columns() * Float.BYTES;
      MemorySegment a = memory.randoms((long) depth * kernel.rows());
      MemorySegment b = memory.randoms((long) depth * kernel.columns());
      MemorySegment c = memory.untouched((long) kernel.rows() * kernel.columns());
      kernel.runRows(depth, a, 0, aRow, b, 0, c, 0, row, b, 0);
      MemorySegment shortA = a.asSlice(0, a.byteSize() - 4);
      assertRefused(() -> kernel.runRows(depth, shortA, 0, aRow, b, 0, c, 0, row, b, 0));
      MemorySegment shortC = c.asSlice(0, c.byteSize() - 4);
      assertRefused(() -> kernel.runRows(depth, a, 0, aRow, b, 0, shortC, 0, row, b, 0));
    }
  }

  private static void assertRefused(Executable call) {
    assertThrows(IndexOutOfBoundsException.class, call);
  }

  /** Whoever asks gets the same code: what is compiled for one is compiled for all. */
  @Test
  void everybodyHasTheSameKernels() {
    List<Class<?>> classes = new ArrayList<>();
    List<Class<?>> again = new ArrayList<>();
    Kernels.best().each().forEach(each -> classes.add(each.wide().getClass()));
    Kernels.best().each().forEach(each -> again.add(each.wide().getClass()));
    assertEquals(classes, again);
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
        MemorySegment a = memory.randoms((long) Moves.GROUP * depth + 1);
        MemorySegment b = memory.randoms((long) columns * depth + 1);
        MemorySegment c = memory.untouched((long) kernel.rows() * pitch);
        kernel.run(depth, a, 0, b, 0, c, 0, (long) pitch * Float.BYTES);
        checkTile(kernel, depth, a, 1, Moves.GROUP, b, c, pitch);
      }
    }
  }

  @Test
  void tilesOfRowsAreChainsOfFusedMultiplyAdds() {
    for (RowMicrokernel kernel : rowMicrokernels()) {
      for (int depth : DEPTHS) {
        int columns = kernel.columns();
        int pitch = columns + 3;
        int row = depth + 5;
        MemorySegment a = memory.randoms((long) kernel.rows() * row);
        MemorySegment b = memory.randoms((long) columns * depth + 1);
        MemorySegment c = memory.untouched((long) kernel.rows() * pitch);
        kernel.runRows(
            depth, a, 0, (long) row * Float.BYTES, b, 0, c, 0, (long) pitch * Float.BYTES, b, 0);
        checkTile(kernel, depth, a, row, 1, b, c, pitch);
      }
    }
  }

  /** Rows begin anywhere, overlap, and have gaps between their products, the same ones for all. */
  @Test
  void tilesOfWindowsAreChainsOfFusedMultiplyAdds() {
    for (RowMicrokernel each : rowMicrokernels()) {
      if (!(each instanceof WindowMicrokernel kernel)) {
        continue;
      }
      for (int depth : DEPTHS) {
        int columns = kernel.columns();
        int pitch = columns + 3;
        MemorySegment starts = memory.ints(kernel.rows(), row -> row * 29 % 17 * Float.BYTES);
        MemorySegment places = memory.ints(depth, k -> k * 37 % 101 * Float.BYTES);
        MemorySegment a = memory.randoms(3 + 17 + 101);
        MemorySegment b = memory.randoms((long) columns * depth + 1);
        MemorySegment c = memory.untouched((long) kernel.rows() * pitch);
        kernel.runWindows(
            depth, a, 12, starts, 0, places, 0, b, 0, c, 0, (long) pitch * Float.BYTES, b, 0);
        MemorySegment rows = memory.bytes((long) kernel.rows() * (depth + 1) * Float.BYTES);
        for (int i = 0; i < kernel.rows(); i++) {
          for (int k = 0; k < depth; k++) {
            int distance = starts.getAtIndex(JAVA_INT, i) + places.getAtIndex(JAVA_INT, k);
            float value = at(a, 3 + distance / Float.BYTES);
            rows.setAtIndex(JAVA_FLOAT, (long) i * (depth + 1) + k, value);
          }
        }
        checkTile(kernel, depth, rows, depth + 1, 1, b, c, pitch);
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
    MemorySegment places = memory.bytes((offsets.length + 1L) * Long.BYTES);
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
        MemorySegment a = memory.randoms((long) kernel.filters() * depth + 1);
        MemorySegment b = memory.randoms(110L + points);
        MemorySegment c = memory.untouched((long) kernel.filters() * pitch);
        MemorySegment table = places(offsets);
        long farthest = Arrays.stream(offsets).max().orElse(0);
        long row = (long) pitch * Float.BYTES;
        kernel.run(depth, a, 0, b, 8, table, farthest, c, 0, row, TILES, 8);
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
    MemorySegment a = memory.randoms(4096);
    MemorySegment b = memory.randoms(8192);
    MemorySegment c = memory.untouched(4096);
    MemorySegment places = places(new int[64]);
    for (Microkernel kernel : microkernels()) {
      allocatesNoVectors(kernel, () -> kernel.run(64, a, 0, b, 0, c, 0, 512));
    }
    for (RowMicrokernel kernel : rowMicrokernels()) {
      allocatesNoVectors(kernel, () -> kernel.runRows(64, a, 0, 320, b, 0, c, 0, 512, b, 0));
    }
    for (PlaneKernel kernel : planeKernels()) {
      allocatesNoVectors(kernel, () -> kernel.run(64, a, 0, b, 0, places, 0, c, 0, 512, 2, 0));
    }
  }

  private static void allocatesNoVectors(Object kernel, Runnable code) {
    long bytes = Allocations.perCall(code, TWO_SLICES);
    assertTrue(bytes <= TWO_SLICES, () -> kernel + " allocates " + bytes + " bytes");
  }
}
