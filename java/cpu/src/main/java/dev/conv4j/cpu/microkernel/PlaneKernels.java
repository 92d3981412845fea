package dev.conv4j.cpu.microkernel;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Kernels of as many filters for planes read in place.
 *
 * @param wide for most tiles
 * @param narrow for the rest of a row
 * @param callers the same for memory that may be freed during a run, by mistake; null where these
 *     are
 */
public record PlaneKernels(
    PlaneKernel wide, PlaneKernel narrow, @Nullable Supplier<PlaneKernels> callers) {

  /** Those that take anybody's memory. */
  PlaneKernels(PlaneKernel wide, PlaneKernel narrow) {
    this(wide, narrow, null);
  }

  /** Returns those in machine code, or the given ones where there is none. */
  static PlaneKernels of(int filters, int wide, int narrow, Supplier<PlaneKernels> others) {
    return MachinePlanes.of(filters, wide)
        .flatMap(most ->
            MachinePlanes.of(filters, narrow).map(last -> new PlaneKernels(most, last, others)))
        .orElseGet(others);
  }

  /** Returns those that take anybody's memory. */
  public PlaneKernels forCallers() {
    return callers == null ? this : callers.get();
  }

  /** Returns the filters of a tile. */
  public int filters() {
    return wide.filters();
  }
}
