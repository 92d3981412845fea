package dev.conv4j.spi.kernels;

import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;

/** An algorithm whose kernels have tile sizes. */
public interface Tunable {

  /** Returns the tile sizes worth trying for a problem it accepts. */
  TuningSpace space(ConvProblem problem);

  /**
   * Prepares the algorithm with certain tile sizes; the kernel is certified first.
   *
   * @throws KernelRejectedException if it does not give right results with them
   * @throws dev.conv4j.DeviceFailureException if it does not build or does not fit the device
   */
  Executable<ConvOperands> compile(ConvProblem problem, Tuning tuning);

  /** Keeps a measurement for later plans. */
  void keep(ConvProblem problem, TuningStore.Entry entry);
}
