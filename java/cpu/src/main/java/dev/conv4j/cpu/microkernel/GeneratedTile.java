package dev.conv4j.cpu.microkernel;

import dev.conv4j.cpu.vector.Lanes;

/** A microkernel of any number of rows and vectors; {@link TileGenerator} makes its loops. */
abstract class GeneratedTile implements WindowMicrokernel {

  private final int rows;
  private final int vectors;

  /**
   * @param rows of the tile
   * @param vectors of each row
   */
  GeneratedTile(int rows, int vectors) {
    this.rows = rows;
    this.vectors = vectors;
  }

  @Override
  public final int rows() {
    return rows;
  }

  @Override
  public final int columns() {
    return vectors * Lanes.COUNT;
  }

  @Override
  public final int aheadBytes() {
    return TileGenerator.STEP;
  }

  @Override
  public final String toString() {
    return "tile " + rows + " x " + vectors + " vectors";
  }
}
