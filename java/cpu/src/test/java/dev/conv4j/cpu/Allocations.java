package dev.conv4j.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the bytes a piece of code allocates on this thread, once it is compiled. */
public final class Allocations {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocations() {}

  /**
   * Returns the bytes allocated by one call in the long run: 0 as soon as a hundred calls in a row
   * allocate nothing, else the least of what was seen in ten seconds. A vector the compiler keeps
   * in memory instead of a register shows in every call.
   *
   * @param code what to run, without allocations of its own
   */
  public static long perCall(Runnable code) {
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + 10_000_000_000L;
    while (least > 0 && System.nanoTime() < end) {
      for (int i = 0; i < 1000; i++) {
        code.run();
      }
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100; i++) {
        code.run();
      }
      least = Math.min(least, (THREADS.getCurrentThreadAllocatedBytes() - before) / 100);
    }
    return least;
  }
}
