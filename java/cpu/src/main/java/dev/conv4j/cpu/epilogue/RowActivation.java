package dev.conv4j.cpu.epilogue;

import dev.conv4j.Activation;
import java.lang.foreign.MemorySegment;

/** Activations in place, for operators beside convolution: the same bits as in an epilogue. */
public final class RowActivation {

  private static final RowKernels KERNELS = RowKernels.best();

  private RowActivation() {}

  /**
   * Applies a function to a row of f32.
   *
   * @param at byte position of the first element
   * @param count elements
   */
  public static void apply(Activation activation, MemorySegment row, long at, int count) {
    KERNELS.activate(activation, row, at, count);
  }
}
