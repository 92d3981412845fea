package dev.conv4j.memory;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A test tool: makes wrong use of memory visible. Fresh blocks are filled with {@link #FRESH},
 * which is a NaN in every floating-point type, blocks given back with {@link #DEAD}, and red zones
 * of {@link #FENCE} lie before and behind every block, up to its last byte. They are checked when
 * the block is given back, by {@link #verify()} and when the resource is closed. The pool above
 * keeps nothing ({@link #poolable()} is false), so that every single tensor and scratch is guarded.
 *
 * <pre>{@code
 * options.withInstrument(Poison::new)
 * }</pre>
 */
public final class Poison extends MemoryAdaptor {

  /** Fills fresh blocks. */
  public static final byte FRESH = (byte) 0xFF;

  /** Fills blocks that were given back, as Microsoft's debugging heap does. */
  public static final byte DEAD = (byte) 0xDD;

  /** Fills the red zones: a huge number where a kernel reads it, rarely a value it would write. */
  public static final byte FENCE = (byte) 0xFD;

  private static final long DEFAULT_ZONE = 256;

  private final long zone;
  private final Set<Guarded> live = ConcurrentHashMap.newKeySet();

  /** A block between its red zones; compared by identity. */
  private static final class Guarded implements Allocation {
    final Allocation whole;
    final Block block;
    final Object owner;

    Guarded(Allocation whole, Block block, Object owner) {
      this.whole = whole;
      this.block = block;
      this.owner = owner;
    }

    @Override
    public Block block() {
      return block;
    }
  }

  /**
   * Guards with red zones of 256 bytes, or one unit of alignment where that is more.
   *
   * @param upstream where memory comes from; closed with this
   */
  public Poison(MemoryResource upstream) {
    this(upstream, DEFAULT_ZONE);
  }

  /**
   * @param upstream where memory comes from; closed with this
   * @param redZoneBytes size of each red zone, rounded up to the alignment; 0 for poisoning only
   */
  public Poison(MemoryResource upstream, long redZoneBytes) {
    super(upstream);
    this.zone = redZoneBytes == 0 ? 0 : Sizing.roundUp(redZoneBytes, upstream.alignment());
  }

  @Override
  public boolean poolable() {
    return false;
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    Allocation whole = upstream().allocate(2 * zone + Sizing.roundUp(bytes, alignment()), owner);
    fill(whole.block(), FENCE);
    Block block = whole.block().slice(zone, bytes);
    fill(block, FRESH);
    Guarded guarded = new Guarded(whole, block, owner);
    live.add(guarded);
    return guarded;
  }

  /**
   * Takes memory back.
   *
   * @throws IllegalStateException if a red zone was written to; the memory is taken back all the
   *     same
   */
  @Override
  public void deallocate(Allocation allocation) {
    if (!(allocation instanceof Guarded guarded) || !live.remove(guarded)) {
      throw new IllegalStateException("not a live allocation: " + allocation);
    }
    try {
      verify(guarded);
      fill(guarded.whole.block(), DEAD);
    } finally {
      upstream().deallocate(guarded.whole);
    }
  }

  /**
   * Checks the red zones of every live block; waits for enqueued work.
   *
   * @throws IllegalStateException naming the block whose red zone was written to, and where
   */
  public void verify() {
    live.forEach(this::verify);
  }

  private void verify(Guarded guarded) {
    long bytes = guarded.block.bytes();
    verify(guarded, 0, zone);
    verify(guarded, zone + bytes, guarded.whole.block().bytes());
  }

  /**
   * Slices must begin at a multiple of the alignment, so the data before a red zone comes along.
   */
  private void verify(Guarded guarded, long begin, long end) {
    long aligned = begin & -alignment();
    if (begin == end) {
      return;
    }
    byte[] found = new byte[Math.toIntExact(end - aligned)];
    download(guarded.whole.block().slice(aligned, end - aligned), MemorySegment.ofArray(found));
    for (long at = begin; at < end; at++) {
      if (found[(int) (at - aligned)] != FENCE) {
        throw new IllegalStateException(
            "memory outside of "
                + guarded.owner
                + " was overwritten: byte "
                + (at - zone)
                + " of a block of "
                + guarded.block.bytes()
                + " bytes");
      }
    }
  }

  @Override
  public void close() {
    try {
      verify();
    } finally {
      super.close();
    }
  }
}
