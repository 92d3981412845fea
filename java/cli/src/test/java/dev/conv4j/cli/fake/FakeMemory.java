package dev.conv4j.cli.fake;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that the garbage collector takes back. */
final class FakeMemory implements MemoryResource {

  record FakeBlock(MemorySegment hostMemory) implements Block {

    @Override
    public long bytes() {
      return hostMemory.byteSize();
    }

    @Override
    public Block slice(long offset, long bytes) {
      return new FakeBlock(hostMemory.asSlice(offset, bytes));
    }
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    Block block = new FakeBlock(Arena.ofAuto().allocate(bytes, alignment()));
    return () -> block;
  }

  @Override
  public void deallocate(Allocation allocation) {}

  @Override
  public long alignment() {
    return 64;
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    host(target).copyFrom(source);
  }

  @Override
  public void download(Block source, MemorySegment target) {
    target.copyFrom(host(source).asSlice(0, target.byteSize()));
  }

  @Override
  public void copy(Block source, Block target, long bytes) {
    host(target).copyFrom(host(source).asSlice(0, bytes));
  }

  @Override
  public void fill(Block target, byte value) {
    host(target).fill(value);
  }

  private static MemorySegment host(Block block) {
    return ((FakeBlock) block).hostMemory();
  }

  @Override
  public void close() {}
}
