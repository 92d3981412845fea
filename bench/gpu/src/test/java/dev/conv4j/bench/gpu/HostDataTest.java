package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostDataTest {

  private final HostData data = new HostData();

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void everyElementLiesWhereItsIndexSays(DType type) {
    Shape shape = Shape.of(2, 3, 4, 5);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment logical = arena.allocate(shape.bytes(type), 64);
      data.fill(logical, type, 7);
      assertSame(logical, HostData.physical(logical, shape, type, Layout.NCHW, arena));
      MemorySegment last = HostData.physical(logical, shape, type, Layout.NHWC, arena);
      for (long i = 0; i < shape.elements(); i++) {
        double expected = data.values(type, 7).applyAsDouble(i);
        assertEquals(expected, type.load(logical, i));
        assertEquals(expected, type.load(last, HostData.physicalIndex(i, shape, Layout.NHWC)));
      }
      // n 1, c 2, h 3, w 4, counted by hand.
      assertEquals(119, HostData.physicalIndex(119, shape, Layout.NHWC));
      assertEquals(3, HostData.physicalIndex(1, shape, Layout.NHWC));
      assertEquals(1, HostData.physicalIndex(20, shape, Layout.NHWC));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16"})
  void valuesGoOnBehindThePeriod(DType type) {
    long elements = 4_194_301L + 5;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment logical = arena.allocate(elements * type.bytes(), 64);
      data.fill(logical, type, 3);
      for (long i : new long[] {0, 4_194_297, 4_194_298, 4_194_299, elements - 1}) {
        assertEquals(data.values(type, 3).applyAsDouble(i), type.load(logical, i));
      }
    }
  }
}
