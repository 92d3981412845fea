package dev.conv4j.cpu.memory;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.Block;
import java.lang.foreign.MemorySegment;

/**
 * A range of host memory.
 *
 * @param segment native memory that every thread may use
 */
public record CpuBlock(MemorySegment segment) implements Block {

  /** Returns the memory of a block of this backend. */
  public static MemorySegment segment(Block block) {
    return ((CpuBlock) block).segment;
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
    return new CpuBlock(segment.asSlice(offset, bytes));
  }

  @Override
  public MemorySegment hostMemory() {
    return segment;
  }
}
