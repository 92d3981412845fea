package dev.conv4j.cpu.microkernel;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/** Native memory for a test: operands of random numbers, and targets that show what was written. */
final class TestMemory implements AutoCloseable {

  /** What a target holds where nothing was written. */
  static final float UNTOUCHED = -12345;

  private final Arena arena = Arena.ofShared();
  private final Random random = new Random(7);

  MemorySegment bytes(long bytes) {
    return arena.allocate(bytes, 64);
  }

  MemorySegment randoms(long count) {
    MemorySegment segment = bytes(count * Float.BYTES);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, random.nextFloat() - 0.5f);
    }
    return segment;
  }

  MemorySegment ints(int count, IntUnaryOperator value) {
    MemorySegment segment = bytes((long) count * Integer.BYTES);
    for (int i = 0; i < count; i++) {
      segment.setAtIndex(JAVA_INT, i, value.applyAsInt(i));
    }
    return segment;
  }

  MemorySegment untouched(long count) {
    MemorySegment segment = bytes(count * Float.BYTES);
    for (long i = 0; i < count; i++) {
      segment.setAtIndex(JAVA_FLOAT, i, UNTOUCHED);
    }
    return segment;
  }

  static float at(MemorySegment segment, long index) {
    return segment.get(JAVA_FLOAT_UNALIGNED, index * Float.BYTES);
  }

  @Override
  public void close() {
    arena.close();
  }
}
