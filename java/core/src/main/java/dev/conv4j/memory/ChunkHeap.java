package dev.conv4j.memory;

import dev.conv4j.DeviceOutOfMemoryException.Owner;
import dev.conv4j.spi.Allocation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * The book a pool keeps: its slabs, their free chunks and the counters. Guarded by the pool's lock;
 * never asks the device for anything.
 *
 * <p>Free chunks of slabs are merged late, when nothing else fits: merging at once would cut and
 * merge the same two chunks, and make garbage, at every turn of a loop.
 */
final class ChunkHeap {

  private final MemoryPool pool;
  private final Sizing sizing;

  /** Free parts of slabs. */
  private final SizeBins parts = new SizeBins();

  /** Free blocks that are handed out and given back to the device whole. */
  private final SizeBins wholes = new SizeBins();

  private @Nullable Slab slabs;
  private boolean mergeable;

  private long inUse;
  private long requestedInUse;
  private long peakInUse;
  private long reserved;
  private long peakReserved;
  private long live;
  private long requests;
  private long hits;

  ChunkHeap(MemoryPool pool, Sizing sizing) {
    this.pool = pool;
    this.sizing = sizing;
  }

  void countRequest() {
    requests++;
  }

  void countHit() {
    hits++;
  }

  /** Takes a free chunk for a rounded size and makes it live, or returns null. */
  @Nullable Chunk take(long size, long requested, Object owner) {
    Chunk chunk = null;
    if (sizing.carved(size)) {
      chunk = parts.take(size, Long.MAX_VALUE);
      if (chunk == null && coalesce()) {
        chunk = parts.take(size, Long.MAX_VALUE);
      }
    }
    if (chunk == null) {
      chunk = wholes.take(size, sizing.tolerated(size));
    }
    return chunk == null ? null : handOut(chunk, size, requested, owner);
  }

  /** Enters memory from upstream and hands out its beginning. */
  Chunk adopt(Allocation memory, long bytes, boolean carved, long size, long asked, Object owner) {
    Slab slab = new Slab(pool, memory, bytes, carved);
    slab.next = slabs;
    if (slabs != null) {
      slabs.previous = slab;
    }
    slabs = slab;
    reserved += bytes;
    peakReserved = Math.max(peakReserved, reserved);
    return handOut(slab.first, size, asked, owner);
  }

  private Chunk handOut(Chunk chunk, long size, long requested, Object owner) {
    if (chunk.slab.carved) {
      Chunk rest = Slab.split(chunk, size);
      if (rest != null) {
        parts.add(rest);
      }
    }
    try {
      Slab.materialize(chunk);
    } catch (RuntimeException | Error failed) {
      bins(chunk).add(chunk);
      mergeable = true;
      throw failed;
    }
    chunk.owner = owner;
    chunk.requested = requested;
    live++;
    requestedInUse += requested;
    inUse += chunk.bytes;
    peakInUse = Math.max(peakInUse, inUse);
    return chunk;
  }

  /** Makes a live chunk free. */
  void giveBack(Chunk chunk) {
    end(chunk);
    bins(chunk).add(chunk);
    mergeable |= chunk.slab.carved;
  }

  /** Forgets a live chunk and its slab, of which it is all. */
  void retire(Chunk chunk) {
    end(chunk);
    unlink(chunk.slab);
  }

  private void end(Chunk chunk) {
    live--;
    requestedInUse -= chunk.requested;
    inUse -= chunk.bytes;
    chunk.owner = null;
  }

  private SizeBins bins(Chunk chunk) {
    return chunk.slab.carved ? parts : wholes;
  }

  /** Merges what can be merged; returns whether there was anything to look at. */
  private boolean coalesce() {
    if (!mergeable) {
      return false;
    }
    for (Slab slab = slabs; slab != null; slab = slab.next) {
      if (slab.carved) {
        slab.coalesce(parts);
      }
    }
    mergeable = false;
    return true;
  }

  /** Removes idle blocks of together at least so many bytes, or all there are. */
  List<Slab> evict(long bytes) {
    coalesce();
    List<Slab> evicted = new ArrayList<>();
    long missing = bytes;
    while (missing > 0) {
      Chunk idle = wholes.take(missing, Long.MAX_VALUE);
      if (idle == null) {
        idle = wholes.takeLargest();
      }
      if (idle == null) {
        idle = parts.take(Sizing.SLAB, Sizing.SLAB);
      }
      if (idle == null) {
        break;
      }
      unlink(idle.slab);
      evicted.add(idle.slab);
      missing -= idle.slab.bytes;
    }
    return evicted;
  }

  private void unlink(Slab slab) {
    if (slab.previous == null) {
      slabs = slab.next;
    } else {
      slab.previous.next = slab.next;
    }
    if (slab.next != null) {
      slab.next.previous = slab.previous;
    }
    reserved -= slab.bytes;
  }

  /** Forgets what is free; what is live is known to its holders only. */
  void clear() {
    slabs = null;
    parts.clear();
    wholes.clear();
  }

  /** Returns how many idle bytes must go before so many more are reserved. */
  long surplus(long size) {
    return sizing.surplus(reserved, size, Math.max(peakInUse, inUse + size));
  }

  long pooled() {
    return reserved - inUse;
  }

  void resetPeaks() {
    peakInUse = inUse;
    peakReserved = reserved;
  }

  MemoryStatistics statistics(long limit) {
    coalesce();
    return new MemoryStatistics(
        inUse,
        requestedInUse,
        peakInUse,
        reserved,
        peakReserved,
        limit,
        live,
        requests,
        hits,
        pooled(),
        Math.max(parts.largest(), wholes.largest()));
  }

  /** Returns the largest live allocations, largest first. */
  List<Owner> owners(int most) {
    Comparator<Chunk> bySize = Comparator.comparingLong(chunk -> chunk.requested);
    PriorityQueue<Chunk> largest = new PriorityQueue<>(bySize);
    for (Slab slab = slabs; slab != null; slab = slab.next) {
      for (Chunk chunk = slab.first; chunk != null; chunk = chunk.after) {
        if (chunk.isLive()) {
          largest.add(chunk);
          if (largest.size() > most) {
            largest.remove();
          }
        }
      }
    }
    return largest.stream()
        .sorted(bySize.reversed())
        .map(chunk -> new Owner(String.valueOf(chunk.owner), chunk.requested))
        .toList();
  }
}
