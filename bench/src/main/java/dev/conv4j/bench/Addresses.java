package dev.conv4j.bench;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** A device of addresses without memory, so that a benchmark of the pool measures the pool. */
final class Addresses implements MemoryResource {

  private record Range(long address, long bytes) implements Block {
    @Override
    public Block slice(long offset, long size) {
      return new Range(address + offset, size);
    }
  }

  private record Reserved(Range block) implements Allocation {}

  private final AtomicLong next = new AtomicLong();

  @Override
  public Allocation allocate(long bytes, Object owner) {
    return new Reserved(new Range(next.getAndAdd(bytes), bytes));
  }

  @Override
  public void deallocate(Allocation allocation) {}

  @Override
  public long alignment() {
    return 64;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void download(Block source, MemorySegment target) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void fill(Block target, byte value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
