package dev.conv4j.cpu.memory;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Block;
import java.lang.foreign.MemorySegment;

/**
 * A range of host memory.
 *
 * @param segment native memory that every thread may use
 * @param operand the same, with at most {@link #MARGIN} bytes behind it that are anybody's
 */
public record CpuBlock(MemorySegment segment, MemorySegment operand) implements Block {

  /**
   * Bytes that memory should have behind it. The compiler checks a loop's bounds once before the
   * loop, for a turn more than it makes; where that fails it discards the code, and checks in every
   * turn for good.
   */
  static final long MARGIN = 256;

  /** Covers memory with nothing behind it. */
  static CpuBlock exact(MemorySegment memory) {
    return new CpuBlock(memory, memory);
  }

  /** Returns the memory of a block of this backend. */
  public static MemorySegment segment(Block block) {
    return ((CpuBlock) block).segment;
  }

  /** Returns what kernels may read of a block, where they know its end themselves. */
  public static MemorySegment operand(Block block) {
    return ((CpuBlock) block).operand;
  }

  /**
   * Returns the memory of a run's result.
   *
   * @throws InvalidArgumentException if it is the caller's and read-only
   */
  public static MemorySegment resultSegment(Block block) {
    MemorySegment memory = segment(block);
    if (memory.isReadOnly()) {
      throw new InvalidArgumentException(
          "result", "read-only memory", "memory that may be written");
    }
    return memory;
  }

  @Override
  public long bytes() {
    return segment.byteSize();
  }

  @Override
  public CpuBlock slice(long offset, long bytes) {
    long readable = Math.min(bytes + MARGIN, operand.byteSize() - offset);
    return new CpuBlock(segment.asSlice(offset, bytes), operand.asSlice(offset, readable));
  }

  @Override
  public MemorySegment hostMemory() {
    return segment;
  }
}
