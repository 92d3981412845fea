package dev.conv4j.cpu.microkernel;

/**
 * Kernels of as many filters for planes read in place.
 *
 * @param wide for most tiles
 * @param narrow for the rest of a row
 */
public record PlaneKernels(PlaneKernel wide, PlaneKernel narrow) {

  /** Returns the filters of a tile. */
  public int filters() {
    return wide.filters();
  }
}
