package dev.conv4j;

import dev.conv4j.internal.Storage;
import dev.conv4j.memory.LeakDetector;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A filter rearranged once for one plan, shared by its runs and by threads, counted by the budget.
 * Close it when no more runs need it; the same rules as for {@link Tensor} hold.
 */
public final class PackedFilter implements AutoCloseable {

  private final Executable<?> owner;
  private final Storage storage;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LeakDetector leaks;
  private final String label;
  private final LeakDetector.Watch watch;

  /** Takes over one use of the storage. */
  PackedFilter(Executable<?> owner, Storage storage, LeakDetector leaks, String label) {
    this.owner = owner;
    this.storage = storage;
    this.leaks = leaks;
    this.label = label;
    this.watch = leaks.watch(this, label, storage.block().bytes(), storage::release);
  }

  /** Another executable, even for an equal problem, may pack in another way. */
  @SuppressWarnings("ReferenceEquality")
  boolean isPackedBy(Executable<?> executable) {
    return owner == executable;
  }

  /**
   * Lets go of this filter's memory if another one has the same contents: plans for batches of
   * different sizes mostly pack alike.
   *
   * @param others filters packed by any plans of the same engine; not closed
   * @return a filter for the same plan as this: on the memory of one of the others, which lives
   *     until both are closed, and this is closed; or this
   */
  public PackedFilter sharedWith(Iterable<PackedFilter> others) {
    for (PackedFilter other : others) {
      if (other.hasContentsOf(this) && other.storage.tryRetain()) {
        close();
        return new PackedFilter(owner, other.storage, leaks, label);
      }
    }
    return this;
  }

  private boolean hasContentsOf(PackedFilter other) {
    long bytes = owner.packedFilterBytes();
    MemorySegment here = storage.block().hostMemory();
    MemorySegment there = other.storage.block().hostMemory();
    return !closed.get()
        && bytes > 0
        && bytes == other.owner.packedFilterBytes()
        && here != null
        && there != null
        && here.asSlice(0, bytes).mismatch(there.asSlice(0, bytes)) < 0;
  }

  Storage storage() {
    return storage;
  }

  void retain() {
    if (closed.get() || !storage.tryRetain()) {
      throw new ClosedException("packed filter");
    }
  }

  /** Gives the memory back once no run uses it. A second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true) && watch.end()) {
      storage.release();
    }
  }
}
