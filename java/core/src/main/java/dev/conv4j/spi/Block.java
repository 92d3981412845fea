package dev.conv4j.spi;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A contiguous range of device memory: an address, not an owner. Each backend has one
 * implementation and casts to it.
 */
public interface Block {

  /** Returns the size in bytes. */
  long bytes();

  /**
   * Returns a view of a part. It is valid as long as the memory behind this block.
   *
   * @param offset first byte; a multiple of {@link MemoryResource#alignment()}, or any where there
   *     is {@link #hostMemory}
   * @param bytes size
   * @throws IndexOutOfBoundsException if the part is not within this block
   */
  Block slice(long offset, long bytes);

  /** Returns the memory itself where the host can address it, else null. */
  default @Nullable MemorySegment hostMemory() {
    return null;
  }
}
