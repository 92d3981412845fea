package dev.conv4j.cpu;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Counts the bytes a piece of code allocates on this thread, once it is compiled. */
public final class Allocations {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Allocations() {}

  /**
   * Returns the bytes allocated by one call in the long run, which is 0 when the compiler keeps
   * every vector in a register. Waits up to a minute for that: on a busy machine the compiler may
   * come late.
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
    long end = System.nanoTime() + 60_000_000_000L;
    while (least > enough && System.nanoTime() < end) {
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
