package dev.conv4j.spi;

import java.util.Map;

/**
 * An algorithm prepared for one problem. Immutable, shared by threads; each run brings its own
 * operands and workspace.
 *
 * @param <O> the operands of one run
 */
public interface Executable<O> {

  /**
   * Returns the scratch one run needs, in bytes.
   *
   * @param filterPacked whether the run passes a packed filter
   */
  long workspaceBytes(boolean filterPacked);

  /**
   * Returns the size of the packed filter in bytes, or 0 when this algorithm reads the filter as it
   * lies.
   */
  default long packedFilterBytes() {
    return 0;
  }

  /**
   * Rearranges a filter once for many runs.
   *
   * @param filter w in the problem's type and filter layout
   * @param packed at least {@link #packedFilterBytes} bytes
   */
  default void packFilter(Block filter, Block packed) {
    throw new IllegalStateException("this algorithm has no packed filter");
  }

  /**
   * Enqueues one run. It has finished when the call returns (CPU) or when the device is
   * synchronized.
   *
   * @param operands the memory to use, already checked against the problem
   */
  void run(O operands);

  /** Returns facts worth showing in an explanation: tile sizes, registers, local memory. */
  default Map<String, String> facts() {
    return Map.of();
  }
}
