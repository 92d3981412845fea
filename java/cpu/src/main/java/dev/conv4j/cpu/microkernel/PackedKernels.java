package dev.conv4j.cpu.microkernel;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Microkernels of as many rows for packed operands.
 *
 * @param wide for most tiles
 * @param narrow for a last tile of few columns
 * @param callers the same for results in memory that may be freed during a run, by mistake; null
 *     where these are
 */
public record PackedKernels(
    Microkernel wide, Microkernel narrow, @Nullable Supplier<PackedKernels> callers) {

  /** Those that take anybody's memory. */
  PackedKernels(Microkernel wide, Microkernel narrow) {
    this(wide, narrow, null);
  }

  /** Returns those of tiles in machine code, or the given ones where there is none. */
  static PackedKernels of(int rows, int wide, int narrow, Supplier<PackedKernels> others) {
    return MachineTile.of(rows, wide)
        .flatMap(
            most -> MachineTile.of(rows, narrow).map(last -> new PackedKernels(most, last, others)))
        .orElseGet(others);
  }

  /** Returns those that take anybody's memory for a result. */
  public PackedKernels forCallers() {
    return callers == null ? this : callers.get();
  }

  /** Returns the rows of a tile. */
  public int rows() {
    return wide.rows();
  }

  /** Returns {@link #wide}, or {@link #narrow} where that has columns enough. */
  public Microkernel of(int columns) {
    return columns > narrow.columns() ? wide : narrow;
  }
}
