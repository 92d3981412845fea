package dev.conv4j.spi;

import java.lang.foreign.MemorySegment;

/**
 * A source of device memory. A backend implements the raw one; pool, budget, statistics and fault
 * injection are each a resource over an upstream one, and are the same code for every device.
 * Thread-safe. (The stacking follows RMM's {@code device_memory_resource}.)
 */
public interface MemoryResource extends AutoCloseable {

  /**
   * Allocates memory aligned to {@link #alignment()}, with arbitrary contents.
   *
   * @param bytes size, at least 1
   * @param owner whose {@code toString()} says what it is for, kept for statistics and
   *     out-of-memory reports; held only while the allocation lives
   * @throws dev.conv4j.DeviceOutOfMemoryException if there is no room
   */
  Allocation allocate(long bytes, Object owner);

  /**
   * Takes memory back. Work enqueued before this call may still use it; memory reused later is used
   * in queue order.
   *
   * @param allocation what {@link #allocate} returned, not yet given back
   */
  void deallocate(Allocation allocation);

  /**
   * Returns the alignment of allocations and the granularity of slices, in bytes: a power of two.
   */
  long alignment();

  /**
   * Returns whether a pool may keep memory and hand it out again. A debugging resource says no, and
   * so sees the beginning and the end of every single allocation.
   */
  default boolean poolable() {
    return true;
  }

  /** Returns the bytes the device says are free, or -1 when it does not say. */
  default long freeBytes() {
    return -1;
  }

  /**
   * Copies host memory to the device; when it returns, {@code source} may be reused.
   *
   * @param source host memory of any kind and size
   * @param target a block at least as large
   */
  void upload(MemorySegment source, Block target);

  /**
   * Copies device memory to the host, waiting for work that writes it.
   *
   * @param source a block at least as large as the target
   * @param target host memory of any kind; all of it is written
   */
  void download(Block source, MemorySegment target);

  /**
   * Copies within the device, in queue order.
   *
   * @param source from its beginning
   * @param target to its beginning
   * @param bytes how much
   */
  void copy(Block source, Block target, long bytes);

  /**
   * Sets every byte of a block, in queue order.
   *
   * @param target the block
   * @param value the byte
   */
  void fill(Block target, byte value);

  /** Gives unused memory back to the upstream resource. A raw resource has none. */
  default void trim() {}

  /** Releases everything, given back or not. No work is in flight. */
  @Override
  void close();
}
