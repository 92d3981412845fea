package dev.conv4j.memory;

import dev.conv4j.ClosedException;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.DeviceOutOfMemoryException.Owner;
import dev.conv4j.DeviceOutOfMemoryException.Report;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.MemoryResource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pools the memory of a device: what is given back is kept and handed out again. Thread-safe, the
 * same for every device, and free of per-thread state, so platform and virtual threads may come and
 * go.
 *
 * <p>A device works in queue order, so a block given back while enqueued work still uses it is
 * handed out at once: whatever the next owner enqueues comes after.
 *
 * <p>Without a byte cap, small requests are carved from slabs by best fit and larger ones are
 * blocks of their own, of which a cached one serves when at most an eighth is wasted. Under a cap
 * every request is a block of its own, exact to the alignment, so that a cap of exactly what is
 * live at once is enough whatever was allocated before. (Slabs and late merging follow PyTorch's
 * caching allocator; blocks that are never split can always go back to the device whole.)
 */
public final class MemoryPool extends MemoryAdaptor {

  private static final int TOP_OWNERS = 10;

  private final String device;
  private final MemoryBudget budget;
  private final Runnable synchronize;
  private final boolean pooling;
  private final Sizing sizing;

  /**
   * Held for tens of nanoseconds, never across a call of the device. A monitor, because a contended
   * ReentrantLock makes garbage.
   */
  private final Object lock = new Object();

  /**
   * Held while talking to the device: memory one thread has trimmed cannot be reserved by another
   * before the first has retried. Taken before {@link #lock}.
   */
  private final Object growth = new Object();

  private final ChunkHeap heap;
  private boolean closed;

  /**
   * Pools without a cap.
   *
   * @param device the device's id, for messages
   * @param upstream where memory comes from; closed with this
   */
  public MemoryPool(String device, MemoryResource upstream) {
    this(device, new MemoryBudget(device, upstream, Long.MAX_VALUE), () -> {});
  }

  /**
   * Pools under a budget.
   *
   * @param device the device's id, for messages
   * @param budget where memory comes from; closed with this, and used by nothing else
   * @param synchronize waits for the device, whose driver may free memory only when enqueued work
   *     has ended; tried before giving up
   */
  public MemoryPool(String device, MemoryBudget budget, Runnable synchronize) {
    super(budget);
    this.device = device;
    this.budget = budget;
    this.synchronize = synchronize;
    this.pooling = budget.poolable();
    this.sizing = new Sizing(budget.alignment(), !pooling || budget.limit() < Long.MAX_VALUE);
    this.heap = new ChunkHeap(this, sizing);
  }

  /** Returns the state of the memory now. */
  public MemoryStatistics statistics() {
    synchronized (lock) {
      return heap.statistics(budget.limit());
    }
  }

  /** Lets the peaks of the statistics start again from the present state. */
  public void resetPeaks() {
    synchronized (lock) {
      heap.resetPeaks();
    }
  }

  /** Returns every live allocation, largest first. */
  public List<Owner> owners() {
    synchronized (lock) {
      return heap.owners(Integer.MAX_VALUE);
    }
  }

  @Override
  public Allocation allocate(long bytes, Object owner) {
    long size = sizing.round(bytes);
    synchronized (lock) {
      heap.countRequest();
      Chunk pooled = heap.take(size, bytes, owner);
      if (pooled != null) {
        heap.countHit();
        return pooled;
      }
    }
    return grow(new Request(size, bytes, owner));
  }

  /** A request on its way through the ladder. */
  private record Request(long size, long bytes, Object owner) {}

  private Allocation grow(Request request) {
    synchronized (growth) {
      Chunk meanwhile = takeMeanwhile(request);
      if (meanwhile != null) {
        return meanwhile;
      }
      makeRoom(request);
      try {
        return obtain(request);
      } catch (DeviceOutOfMemoryException full) {
        return climb(request, full);
      }
    }
  }

  /** Another thread may have given back, or carved, something while this one waited. */
  private @Nullable Chunk takeMeanwhile(Request request) {
    synchronized (lock) {
      if (closed) {
        throw new ClosedException("memory of " + device);
      }
      Chunk pooled = heap.take(request.size, request.bytes, request.owner);
      if (pooled != null) {
        heap.countHit();
      }
      return pooled;
    }
  }

  /** Gives back no more than the request needs, and nothing when that would not be enough. */
  private void makeRoom(Request request) {
    long missing;
    synchronized (lock) {
      long lacking = request.size - budget.remaining();
      boolean vain = lacking > heap.pooled();
      missing = Math.max(vain ? 0 : lacking, heap.surplus(request.size));
    }
    if (missing > 0) {
      giveBack(missing);
    }
  }

  private Chunk obtain(Request request) {
    if (sizing.carved(request.size)) {
      try {
        return obtain(request, Sizing.SLAB, true);
      } catch (DeviceOutOfMemoryException noSlab) {
        // A block of its own is smaller.
      }
    }
    return obtain(request, request.size, false);
  }

  private Chunk obtain(Request request, long reserve, boolean carved) {
    MemoryEvents.DeviceAllocation event = MemoryEvents.beginAllocation();
    // A debugging resource is told the very size, to guard the byte behind it.
    long asked = pooling ? reserve : request.bytes;
    Allocation fresh = budget.allocate(asked, carved ? "slab" : request.owner);
    Chunk chunk;
    MemoryStatistics state = null;
    synchronized (lock) {
      chunk = heap.adopt(fresh, reserve, carved, request.size, request.bytes, request.owner);
      if (event != null && event.shouldCommit()) {
        state = heap.statistics(budget.limit());
      }
    }
    if (event != null && state != null) {
      event.device = device;
      event.bytes = reserve;
      event.owner = String.valueOf(request.owner);
      event.reserved = state.reserved();
      event.inUse = state.inUse();
      event.hitRate = state.hitRate();
      event.commit();
    }
    return chunk;
  }

  /** The ladder: trim, then wait for the device, and after each rung try again. */
  private Allocation climb(Request request, DeviceOutOfMemoryException first) {
    DeviceOutOfMemoryException last = first;
    List<String> attempts = new ArrayList<>();
    if (fitsBudgetOnceTrimmed(request)) {
      attempts.add("trim gave back " + giveBack(Long.MAX_VALUE) + " bytes");
      try {
        return retry(request);
      } catch (DeviceOutOfMemoryException full) {
        last = full;
      }
      if (request.size <= budget.remaining()) {
        attempts.add("waited for the device");
        synchronize.run();
        try {
          return retry(request);
        } catch (DeviceOutOfMemoryException full) {
          last = full;
        }
      }
    } else {
      attempts.add("trim would have given back too little for the budget");
    }
    // What the upstream resource had to say: a limit that can be raised, an injected fault.
    attempts.addAll(last.attempts());
    var full = new DeviceOutOfMemoryException(device, report(request, attempts));
    full.initCause(last);
    MemoryEvents.outOfMemory(full);
    throw full;
  }

  private boolean fitsBudgetOnceTrimmed(Request request) {
    synchronized (lock) {
      return request.size - budget.remaining() <= heap.pooled();
    }
  }

  private Chunk retry(Request request) {
    Chunk meanwhile = takeMeanwhile(request);
    return meanwhile != null ? meanwhile : obtain(request);
  }

  private Report report(Request request, List<String> attempts) {
    long free = budget.freeBytes();
    synchronized (lock) {
      MemoryStatistics now = heap.statistics(budget.limit());
      return new Report(
          request.bytes,
          free,
          now.pooled(),
          now.largestFreeBlock(),
          now.fragmentation(),
          heap.owners(TOP_OWNERS),
          attempts);
    }
  }

  @Override
  public void deallocate(Allocation allocation) {
    if (!(allocation instanceof Chunk chunk) || chunk.slab.pool != this) {
      throw new IllegalArgumentException("not an allocation of this pool: " + allocation);
    }
    synchronized (lock) {
      if (closed) {
        return;
      }
      if (!chunk.isLive()) {
        throw new IllegalStateException("given back twice: " + chunk);
      }
      if (pooling) {
        heap.giveBack(chunk);
        return;
      }
      heap.retire(chunk);
    }
    budget.deallocate(chunk.slab.memory);
  }

  /** Gives every idle block back to the device. */
  @Override
  public void trim() {
    synchronized (growth) {
      giveBack(Long.MAX_VALUE);
      budget.trim();
    }
  }

  /** Gives idle blocks of at least so many bytes back; returns how many it were. */
  private long giveBack(long bytes) {
    MemoryEvents.Trim event = MemoryEvents.beginTrim();
    List<Slab> idle;
    synchronized (lock) {
      idle = heap.evict(bytes);
    }
    long given = 0;
    RuntimeException failure = null;
    for (Slab slab : idle) {
      try {
        budget.deallocate(slab.memory);
        given += slab.bytes;
      } catch (RuntimeException failed) {
        if (failure == null) {
          failure = failed;
        } else {
          failure.addSuppressed(failed);
        }
      }
    }
    if (event != null && !idle.isEmpty() && event.shouldCommit()) {
      event.device = device;
      event.bytes = given;
      event.blocks = idle.size();
      event.commit();
    }
    if (failure != null) {
      throw failure;
    }
    return given;
  }

  @Override
  public void close() {
    synchronized (growth) {
      synchronized (lock) {
        if (closed) {
          return;
        }
        closed = true;
        heap.clear();
      }
      budget.close();
    }
  }
}
