package dev.conv4j.spi;

import java.util.List;

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

  /**
   * Returns the batches by whose times it is ranked, all alike, where a row must get the same bits
   * alone and inside a batch, so that the batch itself may not decide. A device that one row does
   * not fill names a larger one, too.
   */
  default List<Long> rankingBatches() {
    return List.of(1L);
  }

  /** Returns whether this is the slow reference, whose use the fallback policy governs. */
  default boolean isReference() {
    return false;
  }
}
