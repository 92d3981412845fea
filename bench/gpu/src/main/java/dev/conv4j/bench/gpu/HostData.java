package dev.conv4j.bench.gpu;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongToDoubleFunction;

/**
 * Random operands in no time: one period of random values for each type, repeated. The period is
 * prime, so that no extent of a problem falls in step with it, and longer than any filter.
 */
final class HostData {

  private static final int PERIOD = 4_194_301;
  private static final long SEED = 20_250_916;

  private final Map<DType, MemorySegment> periods = new EnumMap<>(DType.class);

  private MemorySegment period(DType type) {
    return periods.computeIfAbsent(
        type,
        absent -> {
          SplittableRandom random = new SplittableRandom(SEED);
          MemorySegment values = Arena.ofAuto().allocate((long) PERIOD * type.bytes(), 64);
          for (int i = 0; i < PERIOD; i++) {
            type.store(values, i, random.nextDouble(-1, 1));
          }
          return values;
        });
  }

  /**
   * Fills memory with values in logical order.
   *
   * @param shift where in the period to begin, so that two operands differ
   */
  void fill(MemorySegment logical, DType type, int shift) {
    MemorySegment values = period(type);
    long at = 0;
    long from = (long) shift * type.bytes();
    while (at < logical.byteSize()) {
      long bytes = Math.min(values.byteSize() - from, logical.byteSize() - at);
      MemorySegment.copy(values, from, logical, at, bytes);
      at += bytes;
      from = 0;
    }
  }

  /** Returns the same values by their index in logical order. */
  LongToDoubleFunction values(DType type, int shift) {
    MemorySegment values = period(type);
    return at -> type.load(values, (at + shift) % PERIOD);
  }

  /**
   * Returns a tensor of four dimensions as it lies in memory, from logical order; perhaps itself.
   */
  static MemorySegment physical(
      MemorySegment logical, Shape shape, DType type, Layout layout, Arena arena) {
    if (shape.isContiguous(layout)) {
      return logical;
    }
    MemorySegment made = arena.allocate(logical.byteSize(), 64);
    long channels = shape.dim(1);
    long space = shape.dim(2) * shape.dim(3);
    for (long n = 0; n < shape.dim(0); n++) {
      long image = n * channels * space;
      for (long c = 0; c < channels; c++) {
        for (long i = 0; i < space; i++) {
          long from = image + c * space + i;
          long to = image + i * channels + c;
          if (type.bytes() == 2) {
            made.setAtIndex(
                ValueLayout.JAVA_SHORT, to, logical.getAtIndex(ValueLayout.JAVA_SHORT, from));
          } else {
            made.setAtIndex(
                ValueLayout.JAVA_INT, to, logical.getAtIndex(ValueLayout.JAVA_INT, from));
          }
        }
      }
    }
    return made;
  }

  /** Returns where an element lies, by its index in logical order. */
  static long physicalIndex(long logical, Shape shape, Layout layout) {
    long[] strides = shape.strides(layout);
    long at = 0;
    long rest = logical;
    for (int i = shape.rank() - 1; i >= 0; i--) {
      at += rest % shape.dim(i) * strides[i];
      rest /= shape.dim(i);
    }
    return at;
  }
}
