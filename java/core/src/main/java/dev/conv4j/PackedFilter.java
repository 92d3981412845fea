package dev.conv4j;

import dev.conv4j.internal.Storage;
import dev.conv4j.memory.LeakDetector;
import dev.conv4j.spi.Executable;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A filter rearranged once for one plan, shared by its runs and by threads, counted by the budget.
 * Close it when no more runs need it; the same rules as for {@link Tensor} hold.
 */
public final class PackedFilter implements AutoCloseable {

  private final Executable<?> owner;
  private final Storage storage;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LeakDetector.Watch watch;

  /** Takes over one use of the storage. */
  PackedFilter(Executable<?> owner, Storage storage, LeakDetector leaks, String label) {
    this.owner = owner;
    this.storage = storage;
    this.watch = leaks.watch(this, label, storage.block().bytes(), storage::release);
  }

  /** Another executable, even for an equal problem, may pack in another way. */
  @SuppressWarnings("ReferenceEquality")
  boolean isPackedBy(Executable<?> executable) {
    return owner == executable;
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
