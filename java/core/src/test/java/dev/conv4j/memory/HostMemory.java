package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Real memory in one arena per allocation, so that any use after it was given back throws. */
public final class HostMemory implements MemoryResource {

  public record HostBlock(MemorySegment memory) implements Block {
    @Override
    public long bytes() {
      return memory.byteSize();
    }

    @Override
    public Block slice(long offset, long size) {
      return new HostBlock(memory.asSlice(offset, size));
    }

    @Override
    public MemorySegment hostMemory() {
      return memory;
    }
  }

  private record HostAllocation(Arena arena, HostBlock block) implements Allocation {}

  private final AtomicLong used = new AtomicLong();
  private final AtomicLong peak = new AtomicLong();
  private final AtomicInteger live = new AtomicInteger();
  private final AtomicInteger closes = new AtomicInteger();
  private final long capacity;

  public HostMemory(long capacity) {
    this.capacity = capacity;
  }

  public long used() {
    return used.get();
  }

  public long peak() {
    return peak.get();
  }

  public int live() {
    return live.get();
  }

  public int closes() {
    return closes.get();
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    long after = used.addAndGet(bytes);
    if (after > capacity) {
      used.addAndGet(-bytes);
      throw new DeviceOutOfMemoryException(
          "host:0",
          new DeviceOutOfMemoryException.Report(bytes, -1, 0, 0, 0, List.of(), List.of()));
    }
    peak.accumulateAndGet(after, Math::max);
    live.incrementAndGet();
    Arena arena = Arena.ofShared();
    return new HostAllocation(arena, new HostBlock(arena.allocate(bytes, alignment())));
  }

  @Override
  public void deallocate(Allocation allocation) {
    HostAllocation host = (HostAllocation) allocation;
    host.arena.close();
    live.decrementAndGet();
    used.addAndGet(-host.block.bytes());
  }

  @Override
  public long alignment() {
    return 64;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    MemorySegment.copy(source, 0, host(target), 0, source.byteSize());
  }

  @Override
  public void download(Block source, MemorySegment target) {
    MemorySegment.copy(host(source), 0, target, 0, target.byteSize());
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    MemorySegment.copy(host(source), 0, host(target), 0, bytes);
  }

  @Override
  public void fill(Block target, byte value) {
    host(target).fill(value);
  }

  private static MemorySegment host(Block block) {
    return ((HostBlock) block).memory;
  }

  @Override
  public void close() {
    closes.incrementAndGet();
  }
}
