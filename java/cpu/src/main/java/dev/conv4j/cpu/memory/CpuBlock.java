package dev.conv4j.cpu.memory;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Block;
import java.lang.foreign.MemorySegment;

/**
 * A range of host memory.
 *
 * @param segment native memory that every thread may use
 * @param operand the same, with at most {@link #MARGIN} bytes behind it that are anybody's
 * @param own whether it lives as long as any run that uses it, as the library's own does; a caller
 *     may free theirs at any moment, by mistake
 */
public record CpuBlock(MemorySegment segment, MemorySegment operand, boolean own) implements Block {

  /**
   * Bytes that memory should have behind it. The compiler checks a loop's bounds once before the
   * loop, for a turn more than it makes; where that fails it discards the code, and checks in every
   * turn for good.
   */
  static final long MARGIN = 256;

  /** Covers a caller's memory, with nothing behind it. */
  static CpuBlock wrapped(MemorySegment memory, boolean own) {
    return new CpuBlock(memory, memory, own);
  }

  /** Returns whether a block of this backend lives as long as any run that uses it. */
  public static boolean isOwn(Block block) {
    return ((CpuBlock) block).own;
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
    return new CpuBlock(segment.asSlice(offset, bytes), operand.asSlice(offset, readable), own);
  }

  @Override
  public MemorySegment hostMemory() {
    return segment;
  }
}
