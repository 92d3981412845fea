package dev.conv4j.opencl;

import dev.conv4j.memory.MemoryAdaptor;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory as Oclgrind's record of what was written can follow it. That record knows nothing of
 * buffers that are released: the next one in the same place inherits it, with its size. And each
 * write of the host begins it anew with the size of that write, which a fill makes byte by byte. So
 * nothing is released before the end, and whatever the host writes is a whole block.
 */
final class ShadowedMemory extends MemoryAdaptor {

  private final List<Allocation> kept = new ArrayList<>();

  ShadowedMemory(MemoryResource upstream) {
    super(upstream);
  }

  @Override
  public void deallocate(Allocation allocation) {
    kept.add(allocation);
  }

  @Override
  public void upload(MemorySegment source, Block target) {
    if (source.byteSize() != target.bytes() || ((OpenClBlock) target).offset() != 0) {
      throw new IllegalStateException("a write of " + source.byteSize() + " bytes to " + target);
    }
    super.upload(source, target);
  }

  @Override
  public void fill(Block target, byte value) {
    try (Arena arena = Arena.ofConfined()) {
      upload(arena.allocate(target.bytes()).fill(value), target);
    }
  }

  @Override
  public void close() {
    kept.forEach(super::deallocate);
    super.close();
  }
}
