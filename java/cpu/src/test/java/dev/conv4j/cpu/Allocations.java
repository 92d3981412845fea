package dev.conv4j.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the bytes a piece of code allocates on this thread, once it is compiled. */
public final class Allocations {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final long MOST_NANOS = 10_000_000_000L;

  private Allocations() {}

  /**
   * Returns the bytes allocated by one call in the long run, which is 0 when the compiler keeps
   * every vector in a register. Waits for that until this thread has worked for ten seconds: by the
   * clock on the wall a machine that is busy, or stops the process for a while, would end the wait
   * before the compiler had its turn. What really allocates does so every time.
   *
   * @param code what to run
   */
  public static long perCall(Runnable code) {
    return perCall(code, 0);
  }

  /**
   * As {@link #perCall(Runnable)}, content with some bytes.
   *
   * @param code what to run
   * @param enough bytes at which to stop waiting
   */
  public static long perCall(Runnable code, long enough) {
    long least = Long.MAX_VALUE;
    long end = THREADS.getCurrentThreadCpuTime() + MOST_NANOS;
    while (least > enough && THREADS.getCurrentThreadCpuTime() < end) {
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
