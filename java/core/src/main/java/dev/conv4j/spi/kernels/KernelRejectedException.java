package dev.conv4j.spi.kernels;

import dev.conv4j.Refusal;

/**
 * A kernel did not pass its first use on a device. The planner asks the algorithm again, which now
 * refuses, and goes on to the next one.
 */
public final class KernelRejectedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** What the algorithm will answer from now on. */
  private final transient Refusal.Quarantined refusal;

  /**
   * @param kernel the kernel's name
   * @param refusal why it must not run
   */
  public KernelRejectedException(String kernel, Refusal.Quarantined refusal) {
    super("kernel " + kernel + " is not used: " + refusal.sentence());
    this.refusal = refusal;
  }

  /** Returns why it must not run. */
  public Refusal.Quarantined refusal() {
    return refusal;
  }
}
