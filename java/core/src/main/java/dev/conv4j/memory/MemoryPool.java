package dev.conv4j.memory;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;

/** Pools the memory of an upstream resource. */
public final class MemoryPool implements MemoryResource {

  private final MemoryResource upstream;

  /**
   * @param device the device's id, for messages
   * @param upstream where memory comes from; closed with this
   */
  public MemoryPool(String device, MemoryResource upstream) {
    this.upstream = upstream;
  }

  /** Returns the state of the memory now. */
  public MemoryStatistics statistics() {
    return new MemoryStatistics(0, 0, 0, 0, Long.MAX_VALUE, 0, 0, 0, 0, 0);
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    return upstream.allocate(bytes, owner);
  }

  @Override
  public void deallocate(Allocation allocation) {
    upstream.deallocate(allocation);
  }

  @Override
  public long alignment() {
    return upstream.alignment();
  }

  @Override
  public long freeBytes() {
    return upstream.freeBytes();
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    upstream.upload(source, target);
  }

  @Override
  public void download(Block source, MemorySegment target) {
    upstream.download(source, target);
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    upstream.copy(source, target, bytes);
  }

  @Override
  public void fill(Block target, byte value) {
    upstream.fill(target, value);
  }

  @Override
  public void close() {
    upstream.close();
  }
}
