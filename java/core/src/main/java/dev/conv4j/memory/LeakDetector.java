package dev.conv4j.memory;

/** Finds handles that were collected without being closed. */
public final class LeakDetector {

  /** Ends when its handle is closed in time. */
  public interface Watch {

    /** The handle was closed: stop watching. */
    void end();
  }

  private static final Watch NONE = () -> {};

  private final LeakLevel level;

  /**
   * @param level what to record
   */
  public LeakDetector(LeakLevel level) {
    this.level = level;
  }

  /** Returns what is recorded. */
  public LeakLevel level() {
    return level;
  }

  /**
   * Begins to watch a handle.
   *
   * @param handle what the user must close
   * @param label says what it is; must not reference the handle
   * @param release gives the memory back when the handle was forgotten; must not reference the
   *     handle
   */
  public Watch watch(Object handle, Object label, Runnable release) {
    return NONE;
  }
}
