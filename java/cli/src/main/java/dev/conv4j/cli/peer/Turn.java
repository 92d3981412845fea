package dev.conv4j.cli.peer;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** How contestants with threads of their own take turns. */
public final class Turn {

  /** Threads of other libraries wait for work by spinning, on a core the next one needs. */
  private static final long UNTIL_OTHERS_REST = TimeUnit.MILLISECONDS.toNanos(60);

  /**
   * A processor that has rested comes up to its speed, and that of its caches, step by step: runs
   * of 5 ms take 1.5, 1.25, 1.13, 1.07 times as long at first, and those of others 1.2 and 1.07.
   */
  private static final long UNTIL_AWAKE = TimeUnit.MILLISECONDS.toNanos(30);

  private Turn() {}

  /**
   * Lets the others' threads go to sleep, and then wakes the processor up.
   *
   * @param run a run of whose turn it is, which nobody times
   */
  public static void begin(Runnable run) {
    LockSupport.parkNanos(UNTIL_OTHERS_REST);
    long rested = System.nanoTime();
    do {
      run.run();
    } while (System.nanoTime() - rested < UNTIL_AWAKE);
  }
}
