package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** Refuses what would exceed a byte cap. */
public final class MemoryBudget implements MemoryResource {

  private final String device;
  private final MemoryResource upstream;
  private final long limit;
  private final AtomicLong reserved = new AtomicLong();

  /**
   * @param device the device's id, for messages
   * @param upstream where memory comes from; closed with this
   * @param limit bytes
   */
  public MemoryBudget(String device, MemoryResource upstream, long limit) {
    this.device = device;
    this.upstream = upstream;
    this.limit = limit;
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    if (reserved.addAndGet(bytes) > limit) {
      long free = limit - reserved.addAndGet(-bytes);
      throw new DeviceOutOfMemoryException(
          device,
          new DeviceOutOfMemoryException.Report(bytes, free, 0, 0, 0, List.of(), List.of()));
    }
    try {
      return upstream.allocate(bytes, owner);
    } catch (RuntimeException | Error failed) {
      reserved.addAndGet(-bytes);
      throw failed;
    }
  }

  @Override
  public void deallocate(Allocation allocation) {
    long bytes = allocation.block().bytes();
    upstream.deallocate(allocation);
    reserved.addAndGet(-bytes);
  }

  @Override
  public long alignment() {
    return upstream.alignment();
  }

  @Override
  public long freeBytes() {
    long left = limit - reserved.get();
    long upstreamFree = upstream.freeBytes();
    return upstreamFree < 0 ? left : Math.min(left, upstreamFree);
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
