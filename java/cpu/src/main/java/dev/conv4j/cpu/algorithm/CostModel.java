package dev.conv4j.cpu.algorithm;

/**
 * The time an algorithm should take, from what it computes and what it moves: {@code max(flops /
 * rate, bytes / bandwidth) + overhead}, a roofline. Only the order of the candidates matters, so
 * the machine is a nominal core at 3 GHz; a measured time in the tuning store overrules it.
 *
 * <p>It is the time on one thread on purpose: with the number of threads in it, two engines on one
 * machine could choose different algorithms, and with them different bits.
 */
public final class CostModel {

  private static final double HERTZ = 3e9;

  /** From beyond the second-level cache. */
  private static final double BYTES_PER_SECOND = 10e9;

  /** Planning a run, entering kernels. */
  private static final double OVERHEAD_SECONDS = 1e-6;

  /** What sharing work among threads costs: below a few of these it is not shared. */
  private static final double HANDOVER_SECONDS = 5e-6;

  private final double peakFlops;

  /**
   * @param vectorBits width of the vectors, 0 for plain loops, which the JVM vectorises partly
   * @param multiplyAdds of them that begin in a cycle
   */
  public CostModel(int vectorBits, int multiplyAdds) {
    int lanes = vectorBits == 0 ? 2 : vectorBits / Float.SIZE;
    this.peakFlops = HERTZ * multiplyAdds * 2 * lanes;
  }

  /**
   * Returns the predicted seconds on one thread.
   *
   * @param flops operations, padding included
   * @param efficiency the share of the peak the kernel reaches when its data is in cache
   * @param bytes what goes to and comes from memory
   */
  public double seconds(double flops, double efficiency, double bytes) {
    return Math.max(flops / (peakFlops * efficiency), bytes / BYTES_PER_SECOND) + OVERHEAD_SECONDS;
  }

  /**
   * Returns the predicted seconds on one thread of work that waits for its data: a stream with few
   * operations for each element.
   *
   * @param cycles of the nominal core, everything in cache
   * @param bytes what goes to and comes from memory
   * @param bytesPerSecond how fast, beside the work
   */
  public static double streamed(double cycles, double bytes, double bytesPerSecond) {
    return cycles / HERTZ + bytes / bytesPerSecond + OVERHEAD_SECONDS;
  }

  /** Returns how many threads work of this length on one thread is worth. */
  public static int participants(double seconds) {
    return (int) Math.clamp(seconds / HANDOVER_SECONDS, 1, Integer.MAX_VALUE);
  }
}
