package dev.conv4j.testkit;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** The host's memory as a device's. */
final class HostMemory implements MemoryResource {

  /** A range of host memory. */
  record HostBlock(MemorySegment memory) implements Block {
    @Override
    public long bytes() {
      return memory.byteSize();
    }

    @Override
    public Block slice(long offset, long bytes) {
      return new HostBlock(memory.asSlice(offset, bytes));
    }

    @Override
    public MemorySegment hostMemory() {
      return memory;
    }
  }

  private record HostAllocation(Arena arena, Block block) implements Allocation {}

  static MemorySegment of(Block block) {
    return ((HostBlock) block).memory();
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    Arena arena = Arena.ofShared();
    return new HostAllocation(arena, new HostBlock(arena.allocate(bytes, 64)));
  }

  @Override
  public void deallocate(Allocation allocation) {
    ((HostAllocation) allocation).arena().close();
  }

  @Override
  public long alignment() {
    return 64;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    of(target).asSlice(0, source.byteSize()).copyFrom(source);
  }

  @Override
  public void download(Block source, MemorySegment target) {
    target.copyFrom(of(source).asSlice(0, target.byteSize()));
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    of(target).asSlice(0, bytes).copyFrom(of(source).asSlice(0, bytes));
  }

  @Override
  public void fill(Block target, byte value) {
    of(target).fill(value);
  }

  @Override
  public void close() {}
}
