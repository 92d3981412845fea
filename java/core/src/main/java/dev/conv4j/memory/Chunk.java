package dev.conv4j.memory;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import org.jspecify.annotations.Nullable;

/**
 * A part of a {@link Slab}, live or free; what the pool hands out. It lives on when it is given
 * back and is handed out again, so that a request served from the pool makes no garbage. Guarded by
 * the pool's lock, but for {@link #block()}, which is set before the chunk is handed out.
 */
final class Chunk implements Allocation {

  final Slab slab;
  final long offset;
  long bytes;

  /** What was asked for, while live. */
  long requested;

  /** What it is for, while live. */
  @Nullable Object owner;

  /** Made when first handed out, dropped when merging or splitting changes the size. */
  @Nullable Block view;

  /** The neighbour at the next higher address. */
  @Nullable Chunk after;

  /** The bin it lies in while free, and its neighbours there. */
  SizeBins.@Nullable Bin bin;

  @Nullable Chunk newer;
  @Nullable Chunk older;

  Chunk(Slab slab, long offset, long bytes) {
    this.slab = slab;
    this.offset = offset;
    this.bytes = bytes;
  }

  boolean isLive() {
    return owner != null;
  }

  @Override
  public Block block() {
    Block block = view;
    if (owner == null || block == null) {
      throw new IllegalStateException("this memory was given back: " + this);
    }
    return block;
  }

  @Override
  public String toString() {
    return bytes + " bytes" + (owner == null ? " (free)" : " of " + owner);
  }
}
