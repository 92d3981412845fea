package dev.conv4j.cpu.thread;

import dev.conv4j.InvalidArgumentException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs independent work items on a fixed set of threads and the calling one. Items are claimed one
 * by one, each thread's own {@linkplain Stretches stretch} first, so uneven ones balance out; an
 * item is a tile of the result and never a part of a sum, so neither the number of threads nor
 * their timing changes a bit of it.
 *
 * <p>One caller at a time has the helpers. Whoever else calls meanwhile, on any thread or from
 * within an item, runs its items alone: nothing ever waits for its turn, so nothing can deadlock. A
 * run does not wait for helpers that have not begun, only for those that have; a slow wake-up costs
 * nothing but the help. Runs allocate nothing.
 */
public final class Workers implements AutoCloseable {

  /** The work of one item. */
  @FunctionalInterface
  public interface Task {

    /**
     * Does one item.
     *
     * @param slot the place of the running thread, from 0 up to the participants of this run; no
     *     two items run in the same slot at the same time, so scratch can be cut by it
     * @param item the item, from 0
     */
    void run(int slot, long item);
  }

  /** How long an idle helper looks for work before it parks: longer than the gap between layers. */
  private static final long SPIN_NANOS = 200_000;

  /** Spins between looks at the clock. */
  private static final int SPINS = 64;

  /** Sleepers woken by each participant: the waking spreads like a tree. */
  private static final int WAKE_FANOUT = 2;

  /** The most threads a state can count. */
  private static final int MOST = 0x7fff;

  private static final Task IDLE = (slot, item) -> {};

  private final int threads;
  private final @Nullable Executor executor;
  private final Helper[] helpers;

  /** Owned by the caller that has the helpers. */
  private final AtomicBoolean busy = new AtomicBoolean();

  private boolean started;
  private volatile boolean closed;

  /** The job. Plain fields are written before {@link #state} opens and read after joining. */
  private Task task = IDLE;

  /** The items to claim. */
  private final Stretches items;

  /** Helpers still to be woken, counted down. */
  private final AtomicInteger toWake = new AtomicInteger();

  /** The first exception of the job. */
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** Upper half: helpers in slots below this number may join. Lower half: helpers at work. */
  private final AtomicInteger state = new AtomicInteger();

  /** The caller, while it waits for the last helper. */
  private volatile @Nullable Thread waiter;

  /**
   * @param threads the most threads that work on one run, the caller included; at least 1
   * @param executor where helpers run, or null for daemon threads of this object's own
   */
  public Workers(int threads, @Nullable Executor executor) {
    if (threads < 1 || threads > MOST) {
      throw new InvalidArgumentException("threads", threads, "1 to " + MOST);
    }
    this.threads = threads;
    this.executor = executor;
    this.items = new Stretches(threads);
    this.helpers = new Helper[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Helper(i + 1);
    }
  }

  /** Returns the most threads that work on one run, the caller included. */
  public int threads() {
    return threads;
  }

  /**
   * Does all items and returns when they are done.
   *
   * @param count number of items
   * @param most participants at most, the caller included: 1 for work too small to share
   * @param work what to do; must not depend on which thread does what
   * @throws RuntimeException the first exception of an item, after which no further item begins
   */
  public void run(long count, int most, Task work) {
    int share = (int) Math.min(Math.min(most, threads), count);
    if (share <= 1 || closed || !busy.compareAndSet(false, true)) {
      for (long item = 0; item < count; item++) {
        work.run(0, item);
      }
      return;
    }
    Throwable failed;
    try {
      failed = share(count, share, work);
    } finally {
      busy.set(false);
    }
    switch (failed) {
      case null -> {}
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> throw new IllegalStateException(failed);
    }
  }

  /** Runs a job; this thread owns {@link #busy}. */
  private @Nullable Throwable share(long count, int share, Task work) {
    start();
    task = work;
    items.open(count, share);
    failure.set(null);
    toWake.set(share - 1);
    state.set(share << 16);
    try {
      wake();
      claim(0, work);
    } finally {
      endJoining();
      awaitHelpers();
      task = IDLE;
    }
    return failure.get();
  }

  /** Lets no further helper join. */
  private void endJoining() {
    int seen = state.get();
    while (!state.compareAndSet(seen, seen & 0xffff)) {
      seen = state.get();
    }
  }

  private void awaitHelpers() {
    for (int spin = 0; spin < 16 * SPINS; spin++) {
      if (state.get() == 0) {
        return;
      }
      Thread.onSpinWait();
    }
    waiter = Thread.currentThread();
    while (state.get() != 0) {
      LockSupport.park(this);
      if (Thread.currentThread().isInterrupted()) {
        // Parking returns at once then; the interrupt is the caller's, to be seen after the run.
        Thread.onSpinWait();
      }
    }
    waiter = null;
  }

  /** Claims items until there are none. */
  private void claim(int slot, Task work) {
    try {
      for (long item = items.take(slot); item >= 0; item = items.take(slot)) {
        work.run(slot, item);
      }
    } catch (Throwable thrown) {
      failure.compareAndSet(null, thrown);
      items.close();
    }
  }

  /** Wakes a few sleeping helpers, which wake others. */
  private void wake() {
    for (int i = 0; i < WAKE_FANOUT && toWake.get() > 0; i++) {
      int helper = toWake.getAndDecrement();
      if (helper > 0) {
        helpers[helper - 1].summon();
      }
    }
  }

  private void start() {
    if (!started && executor == null) {
      for (Helper helper : helpers) {
        helper.startThread();
      }
    }
    started = true;
  }

  /** Ends the helper threads; no run may be going on. Later runs use the calling thread alone. */
  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Helper helper : helpers) {
      Thread thread = helper.thread;
      if (thread != null) {
        LockSupport.unpark(thread);
        try {
          thread.join(1000);
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** One place beside the caller's: a thread of ours, or a task for the executor. */
  private final class Helper implements Runnable {

    private final int slot;
    private volatile @Nullable Thread thread;

    /** The thread sleeps, or the executor has not been asked: it takes a call to get help. */
    private volatile boolean idle = true;

    Helper(int slot) {
      this.slot = slot;
    }

    void startThread() {
      if (thread != null) {
        return;
      }
      idle = false;
      Thread fresh =
          Thread.ofPlatform().name("conv4j-cpu-" + slot).daemon(true).unstarted(this::live);
      thread = fresh;
      fresh.start();
    }

    /** Makes this helper look for work. Called by one thread at a time for each job. */
    void summon() {
      if (!idle) {
        return;
      }
      idle = false;
      if (executor == null) {
        LockSupport.unpark(thread);
        return;
      }
      try {
        executor.execute(this);
      } catch (RejectedExecutionException full) {
        // The caller and the other helpers do this one's share.
        idle = true;
      }
    }

    /** Runs on the executor, perhaps long after the job it was meant for. */
    @Override
    public void run() {
      help();
      idle = true;
    }

    /** The life of an own thread. */
    private void live() {
      int spins = 0;
      long since = System.nanoTime();
      while (!closed) {
        if (help()) {
          spins = 0;
          since = System.nanoTime();
        } else if (++spins % SPINS != 0) {
          Thread.onSpinWait();
        } else if (System.nanoTime() - since > SPIN_NANOS) {
          sleep();
          since = System.nanoTime();
        }
      }
    }

    private void sleep() {
      idle = true;
      // A job opened before idle was visible sent no call; one opened after it did.
      while (idle && !isWanted(state.get()) && !closed) {
        LockSupport.park(Workers.this);
      }
      idle = false;
    }

    private boolean isWanted(int seen) {
      return slot < seen >>> 16;
    }

    /** Joins the open job, if it wants this helper; returns whether it did. */
    private boolean help() {
      for (int seen = state.get(); isWanted(seen); seen = state.get()) {
        if (state.compareAndSet(seen, seen + 1)) {
          wake();
          claim(slot, task);
          leave();
          return true;
        }
      }
      return false;
    }

    private void leave() {
      if (state.decrementAndGet() == 0) {
        LockSupport.unpark(waiter);
      }
    }
  }
}
