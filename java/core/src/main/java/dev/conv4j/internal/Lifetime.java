package dev.conv4j.internal;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the uses of something that can be closed while it is used: closing forbids new uses at
 * once, and the resource is released exactly once, by whoever ends the last use. Lock-free and
 * thread-safe.
 */
public final class Lifetime {

  private static final long CLOSED = 1L << 62;

  private final AtomicLong state = new AtomicLong();
  private final Runnable release;

  /**
   * @param release frees the resource; runs on the thread that ends the last use
   */
  public Lifetime(Runnable release) {
    this.release = release;
  }

  /**
   * Begins a use, or returns false when closed. Every true must be followed by one {@link #end}.
   */
  public boolean tryBegin() {
    long seen = state.get();
    while (seen < CLOSED) {
      if (state.compareAndSet(seen, seen + 1)) {
        return true;
      }
      seen = state.get();
    }
    return false;
  }

  /** Ends a use. */
  public void end() {
    if (state.decrementAndGet() == CLOSED) {
      release.run();
    }
  }

  /** Forbids new uses; returns whether this call was the one that closed. */
  public boolean close() {
    long seen = state.get();
    while (seen < CLOSED) {
      if (state.compareAndSet(seen, seen + CLOSED)) {
        if (seen == 0) {
          release.run();
        }
        return true;
      }
      seen = state.get();
    }
    return false;
  }

  /** Returns whether new uses are forbidden. */
  public boolean isClosed() {
    return state.get() >= CLOSED;
  }
}
