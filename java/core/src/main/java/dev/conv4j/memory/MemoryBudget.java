package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Refuses what would exceed a byte cap. The cap is on memory reserved from the device, each
 * allocation rounded up to {@link #alignment()}, and holds at every moment on any number of
 * threads. Lock-free.
 */
public final class MemoryBudget extends MemoryAdaptor {

  /** What was counted, which need not be the size of the block the device handed out. */
  private record Counted(Allocation upstream, long bytes) implements Allocation {
    @Override
    public Block block() {
      return upstream.block();
    }
  }

  private final String device;
  private final long limit;
  private final AtomicLong reserved = new AtomicLong();

  /**
   * @param device the device's id, for messages
   * @param upstream where memory comes from; closed with this
   * @param limit bytes, {@link Long#MAX_VALUE} for no limit
   */
  public MemoryBudget(String device, MemoryResource upstream, long limit) {
    super(upstream);
    this.device = device;
    this.limit = limit;
  }

  /** Returns the cap in bytes, {@link Long#MAX_VALUE} for none. */
  public long limit() {
    return limit;
  }

  /** Returns the bytes held from the device now. */
  public long reserved() {
    return reserved.get();
  }

  /** Returns the bytes that may still be reserved. */
  public long remaining() {
    return limit - reserved.get();
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    long rounded = Sizing.roundUp(bytes, alignment());
    reserve(rounded);
    try {
      return new Counted(upstream().allocate(bytes, owner), rounded);
    } catch (RuntimeException | Error failed) {
      reserved.addAndGet(-rounded);
      throw failed;
    }
  }

  /** Never steps over the limit, not even to step back: another thread would be refused wrongly. */
  private void reserve(long bytes) {
    long seen = reserved.get();
    while (bytes <= limit - seen) {
      if (reserved.compareAndSet(seen, seen + bytes)) {
        return;
      }
      seen = reserved.get();
    }
    throw new DeviceOutOfMemoryException(
        device,
        new DeviceOutOfMemoryException.Report(
            bytes, limit - seen, 0, 0, 0, List.of(), List.of("budget of " + limit + " bytes")));
  }

  @Override
  public void deallocate(Allocation allocation) {
    if (!(allocation instanceof Counted counted)) {
      throw new IllegalArgumentException("not an allocation of this budget: " + allocation);
    }
    upstream().deallocate(counted.upstream);
    reserved.addAndGet(-counted.bytes);
  }

  @Override
  public long freeBytes() {
    long upstreamFree = super.freeBytes();
    if (upstreamFree < 0) {
      return limit == Long.MAX_VALUE ? -1 : remaining();
    }
    return Math.min(remaining(), upstreamFree);
  }
}
