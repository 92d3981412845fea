package dev.conv4j.internal;

import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The memory behind one or more tensors. It goes back to the pool when the last handle is closed
 * and the last run that uses it has ended. Thread-safe.
 */
public final class Storage {

  private final EngineCore core;
  private final @Nullable Allocation allocation;

  /** What this is a part of, and uses as long as it is used itself. */
  private final @Nullable Storage whole;

  private final Block block;
  private final AtomicInteger users = new AtomicInteger(1);

  private Storage(
      EngineCore core, @Nullable Allocation allocation, @Nullable Storage whole, Block block) {
    this.core = core;
    this.allocation = allocation;
    this.whole = whole;
    this.block = block;
  }

  /** Takes memory from the pool; the caller holds the first use. */
  static Storage allocate(EngineCore core, long bytes, Object owner) {
    Allocation fresh = core.memory().allocate(bytes, owner);
    return new Storage(core, fresh, null, fresh.block());
  }

  /** Covers memory somebody else owns. */
  static Storage wrap(EngineCore core, Block block) {
    return new Storage(core, null, null, block);
  }

  /** Covers a part of this, whose use the caller passes on. */
  public Storage part(long at, long bytes) {
    return new Storage(core, null, this, block.slice(at, bytes));
  }

  /** Returns the memory. Valid between {@link #tryRetain} and {@link #release}. */
  public Block block() {
    return block;
  }

  /** Adds a use unless the last one has ended. */
  public boolean tryRetain() {
    int seen = users.get();
    while (seen > 0) {
      if (users.compareAndSet(seen, seen + 1)) {
        return true;
      }
      seen = users.get();
    }
    return false;
  }

  /** Ends a use; the last one gives the memory back. */
  public void release() {
    if (users.decrementAndGet() > 0) {
      return;
    }
    if (allocation != null) {
      core.reclaim(allocation);
    }
    if (whole != null) {
      whole.release();
    }
  }
}
