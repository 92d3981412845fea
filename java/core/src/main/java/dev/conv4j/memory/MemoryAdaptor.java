package dev.conv4j.memory;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;

/**
 * A resource over an upstream one that passes everything on. Subclasses change what they are about:
 * a budget, a fault, a guard around each block. The base of instruments for {@link
 * dev.conv4j.EngineOptions#instrument()} as well. (RMM calls these resource adaptors.)
 */
public abstract class MemoryAdaptor implements MemoryResource {

  private final MemoryResource upstream;

  /**
   * @param upstream where memory comes from; closed with this
   */
  protected MemoryAdaptor(MemoryResource upstream) {
    this.upstream = upstream;
  }

  /** Returns where memory comes from. */
  protected final MemoryResource upstream() {
    return upstream;
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
  public boolean poolable() {
    return upstream.poolable();
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
  public void trim() {
    upstream.trim();
  }

  @Override
  public void close() {
    upstream.close();
  }
}
