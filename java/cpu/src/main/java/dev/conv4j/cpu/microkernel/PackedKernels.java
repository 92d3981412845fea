package dev.conv4j.cpu.microkernel;

/**
 * Microkernels of as many rows for packed operands.
 *
 * @param wide for most tiles
 * @param narrow for a last tile of few columns
 */
public record PackedKernels(Microkernel wide, Microkernel narrow) {

  /** Returns the rows of a tile. */
  public int rows() {
    return wide.rows();
  }

  /** Returns {@link #wide}, or {@link #narrow} where that has columns enough. */
  public Microkernel of(int columns) {
    return columns > narrow.columns() ? wide : narrow;
  }
}
