package dev.conv4j.spi;

/**
 * One way to solve a family of problems on one device. Stateless and thread-safe.
 *
 * @param <P> the problem
 * @param <O> the operands of one run
 */
public interface Algorithm<P, O> {

  /**
   * Returns the stable, hand-written id, in kebab case: {@code implicit-gemm}. It outlives class
   * names.
   */
  String id();

  /**
   * Says whether this algorithm can solve the problem and at what price. Quick: microseconds, no
   * allocation on the device, no compilation.
   *
   * @param problem the problem
   */
  Verdict check(P problem);

  /**
   * Prepares the algorithm for a problem it accepted.
   *
   * @param problem the problem
   * @throws dev.conv4j.DeviceFailureException if a kernel does not compile
   */
  Executable<O> compile(P problem);

  /** Returns whether this is the slow reference, whose use the fallback policy governs. */
  default boolean isReference() {
    return false;
  }
}
