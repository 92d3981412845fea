package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Grid;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.gemm.Panels;

/**
 * Sizes that everything of one plan agrees on.
 *
 * @param view the problem
 * @param transform the transform
 * @param tiling how tiles are cut into blocks
 * @param panels how the result's channels are cut
 * @param tileRows rows of the microkernel, of which a block has whole ones
 * @param lanes elements of a vector
 */
record Geometry(
    GemmView view, Transform transform, Tiling tiling, Panels panels, int tileRows, int lanes) {

  /** Elements more than a row needs, so that rows do not meet in the same sets of the cache. */
  private static final int SKEW = 16;

  Grid grid() {
    return view.grids().getFirst();
  }

  /** Returns the source's position under a tile's first tap. */
  static long origin(GridAxis axis) {
    return axis.offsets().stream().mapToLong(Long::longValue).min().orElseThrow();
  }

  /** Returns the bytes of a vector. */
  long vectorBytes() {
    return (long) lanes * Float.BYTES;
  }

  /** Returns the tiles of a block, padded to whole rows of the microkernel. */
  int paddedTiles() {
    return Math.ceilDiv(tiling.blockTiles(), tileRows) * tileRows;
  }

  /** Returns the bytes between tiles of the transformed input: their channels, and some more. */
  long inputPitch() {
    long channels = Math.ceilDiv(view.channels(), SKEW) * (long) SKEW;
    return (channels + SKEW) * Float.BYTES;
  }

  /** Returns the bytes between the transformed input of one point and that of the next. */
  long inputPlane() {
    return paddedTiles() * inputPitch();
  }

  /** Returns the bytes between tiles of products. */
  long productPitch() {
    return (long) panels.width() * Float.BYTES;
  }

  /** Returns the bytes between the products of one point and those of the next. */
  long productPlane() {
    return paddedTiles() * productPitch();
  }

  /** Returns the pixels along a line of tiles of a block, with what the last tile's taps reach. */
  int patchColumns() {
    return tiling.blockColumns() * transform.outputs() + transform.taps() - 1;
  }

  /** Returns the rows of pixels under the tiles a block has of one image. */
  int patchRows() {
    return tiling.blockImageLines() * transform.outputs() + transform.taps() - 1;
  }
}
