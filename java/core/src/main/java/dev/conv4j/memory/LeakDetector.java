package dev.conv4j.memory;

import java.lang.StackWalker.StackFrame;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds handles that were collected without being closed, gives their memory back and reports them,
 * each once. Thread-safe.
 *
 * <p>There is no thread behind it. Forgotten handles are looked for when the next one is made, when
 * the device is full, on trim and when the engine closes: when their memory matters, and on the
 * caller's thread. (Netty's detector works so, with its four levels.)
 */
public final class LeakDetector {

  /** The watch over one handle. */
  public interface Watch {

    /**
     * Ends it, because the handle is being closed.
     *
     * @return whether the caller must release the memory; false when the handle was found forgotten
     *     and its memory was given back, which a last call of {@code close()} can meet while the
     *     collector already sees the handle as unreachable
     */
    boolean end();
  }

  private static final System.Logger LOG = System.getLogger("dev.conv4j.memory");
  private static final Watch NONE = () -> true;
  private static final int SAMPLE = 128;
  private static final int FRAMES = 24;
  private static final long COLLECTION_WAIT_MILLIS = 100;
  private static final long COLLECTION_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Frames on top of the user's: the exact packages, not those below them. */
  private static final Set<String> OWN_PACKAGES =
      Set.of("dev.conv4j", "dev.conv4j.internal", "dev.conv4j.memory", "dev.conv4j.spi");

  private final LeakLevel level;
  private final Consumer<WatchedHandle> reporter;
  private final ReferenceQueue<Object> collected = new ReferenceQueue<>();
  private final AtomicLong watches = new AtomicLong();
  private final AtomicLong reclaimed = new AtomicLong();

  private final Object lock = new Object();
  private @Nullable Tracker newest;

  private final Object collecting = new Object();
  private long nextCollection = System.nanoTime();

  /**
   * Reports to the logger {@code dev.conv4j.memory} and to the flight recorder.
   *
   * @param level what to record
   */
  public LeakDetector(LeakLevel level) {
    this(level, LeakDetector::log);
  }

  /**
   * @param level what to record
   * @param reporter is told of every leak, on the thread that found it
   */
  public LeakDetector(LeakLevel level, Consumer<WatchedHandle> reporter) {
    this.level = level;
    this.reporter = reporter;
  }

  /** Returns what is recorded. */
  public LeakLevel level() {
    return level;
  }

  /** What is known of a handle; must not, and cannot, reach it. */
  private final class Tracker extends PhantomReference<Object> implements Watch {
    private final Object label;
    private final long bytes;
    private final Runnable release;
    private final List<StackFrame> site;
    private @Nullable Tracker older;
    private @Nullable Tracker newer;
    private boolean open = true;

    Tracker(Object handle, Object label, long bytes, Runnable release, List<StackFrame> site) {
      super(handle, collected);
      this.label = label;
      this.bytes = bytes;
      this.release = release;
      this.site = site;
    }

    @Override
    public boolean end() {
      if (!unlink(this)) {
        return false;
      }
      clear();
      return true;
    }

    WatchedHandle describe() {
      return new WatchedHandle(
          label.toString(), bytes, site.stream().map(StackFrame::toStackTraceElement).toList());
    }
  }

  /**
   * Begins to watch a handle.
   *
   * @param handle what the user must close
   * @param label its {@code toString()} says what it is; must not reference the handle
   * @param bytes the memory behind it
   * @param release gives the memory back when the handle was forgotten; must not reference the
   *     handle
   */
  public Watch watch(Object handle, Object label, long bytes, Runnable release) {
    if (level == LeakLevel.OFF) {
      return NONE;
    }
    reclaim();
    Tracker tracker = new Tracker(handle, label, bytes, release, site());
    synchronized (lock) {
      tracker.older = newest;
      if (newest != null) {
        newest.newer = tracker;
      }
      newest = tracker;
    }
    return tracker;
  }

  private boolean unlink(Tracker tracker) {
    synchronized (lock) {
      if (!tracker.open) {
        return false;
      }
      tracker.open = false;
      if (tracker.newer == null) {
        newest = tracker.older;
      } else {
        tracker.newer.older = tracker.older;
      }
      if (tracker.older != null) {
        tracker.older.newer = tracker.newer;
      }
      return true;
    }
  }

  private List<StackFrame> site() {
    boolean wanted =
        level == LeakLevel.PARANOID
            || (level == LeakLevel.ADVANCED && watches.getAndIncrement() % SAMPLE == 0);
    if (!wanted) {
      return List.of();
    }
    return StackWalker.getInstance()
        .walk(frames ->
            frames
                .dropWhile(frame -> OWN_PACKAGES.contains(packageOf(frame.getClassName())))
                .limit(FRAMES)
                .toList());
  }

  private static String packageOf(String className) {
    return className.substring(0, Math.max(0, className.lastIndexOf('.')));
  }

  /** Gives back the memory of handles collected so far and reports them; returns how many. */
  public int reclaim() {
    int found = 0;
    for (var next = collected.poll(); next != null; next = collected.poll()) {
      found += reclaim(next);
    }
    return found;
  }

  private int reclaim(Reference<?> reference) {
    if (!(reference instanceof Tracker tracker) || !unlink(tracker)) {
      return 0;
    }
    tracker.release.run();
    reclaimed.incrementAndGet();
    reporter.accept(tracker.describe());
    return 1;
  }

  /**
   * Asks the garbage collector for forgotten handles: it does not feel that a device is full. At
   * most once a second, because a collection costs every thread of the program.
   *
   * @return whether memory was given back since the call began
   */
  public boolean collect() {
    long before = reclaimed.get();
    reclaim();
    synchronized (collecting) {
      if (reclaimed.get() == before && isWatching() && System.nanoTime() - nextCollection >= 0) {
        System.gc();
        awaitCollected();
        nextCollection = System.nanoTime() + COLLECTION_PAUSE_NANOS;
      }
    }
    return reclaimed.get() != before;
  }

  /** The collector hands over references a little after it has returned. */
  private void awaitCollected() {
    try {
      var first = collected.remove(COLLECTION_WAIT_MILLIS);
      if (first != null) {
        reclaim(first);
        reclaim();
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean isWatching() {
    synchronized (lock) {
      return newest != null;
    }
  }

  /** Returns the handles that are open, newest first. */
  public List<WatchedHandle> open() {
    List<Tracker> trackers = new ArrayList<>();
    synchronized (lock) {
      for (Tracker tracker = newest; tracker != null; tracker = tracker.older) {
        trackers.add(tracker);
      }
    }
    return trackers.stream().map(Tracker::describe).toList();
  }

  private static void log(WatchedHandle leak) {
    MemoryEvents.leak(leak);
    LOG.log(
        System.Logger.Level.WARNING,
        () ->
            leak.label()
                + " ("
                + leak.bytes()
                + " bytes) was never closed; its memory was given back. "
                + (leak.site().isEmpty()
                    ? "-Dconv4j.leak=paranoid shows where it was made."
                    : "It was made here:\n" + leak.siteLines()));
  }
}
