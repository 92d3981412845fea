package dev.conv4j.memory;

import dev.conv4j.spi.Allocation;
import org.jspecify.annotations.Nullable;

/**
 * Memory from upstream and the chunks that cover it without gap, in the order of their addresses. A
 * large block is a slab with one chunk that is never split. Guarded by the pool's lock.
 */
final class Slab {

  final MemoryPool pool;
  final Allocation memory;
  final long bytes;
  final boolean carved;
  final Chunk first;

  /** Neighbours in the pool's list of slabs. */
  @Nullable Slab next;

  @Nullable Slab previous;

  Slab(MemoryPool pool, Allocation memory, long bytes, boolean carved) {
    this.pool = pool;
    this.memory = memory;
    this.bytes = bytes;
    this.carved = carved;
    this.first = new Chunk(this, 0, bytes);
  }

  /** Cuts a free chunk, out of its bin, to a size; returns the rest, or null when none is left. */
  static @Nullable Chunk split(Chunk chunk, long size) {
    if (chunk.bytes == size) {
      return null;
    }
    Chunk rest = new Chunk(chunk.slab, chunk.offset + size, chunk.bytes - size);
    rest.after = chunk.after;
    chunk.after = rest;
    chunk.bytes = size;
    chunk.view = null;
    return rest;
  }

  /** Merges neighbouring free chunks. */
  void coalesce(SizeBins bins) {
    for (Chunk chunk = first; chunk != null; chunk = chunk.after) {
      if (chunk.isLive() || chunk.after == null || chunk.after.isLive()) {
        continue;
      }
      bins.remove(chunk);
      while (chunk.after != null && !chunk.after.isLive()) {
        Chunk absorbed = chunk.after;
        bins.remove(absorbed);
        chunk.bytes += absorbed.bytes;
        chunk.after = absorbed.after;
      }
      chunk.view = null;
      bins.add(chunk);
    }
  }

  /** Makes the chunk's view of the device's memory where it has none yet. */
  static void materialize(Chunk chunk) {
    if (chunk.view == null) {
      var block = chunk.slab.memory.block();
      chunk.view = chunk.slab.carved ? block.slice(chunk.offset, chunk.bytes) : block;
    }
  }
}
