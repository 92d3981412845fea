package dev.conv4j.cpu.winograd;

import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Grid;
import dev.conv4j.cpu.gemm.GridAxis;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.Moves;

/**
 * Sizes that everything of one plan agrees on.
 *
 * @param view the problem
 * @param transform the transform
 * @param tiling how tiles are cut into blocks
 * @param panels how the result's channels are cut
 * @param tileRows tiles in a group, of which a block has whole ones
 * @param lanes elements of a vector
 */
record Geometry(
    GemmView view, Transform transform, Tiling tiling, Panels panels, int tileRows, int lanes) {

  /** Bytes more than a group needs, so that planes do not meet in the same sets of the cache. */
  private static final long SKEW = 64;

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
    return groups() * tileRows;
  }

  /** Returns the groups of a block's tiles: each is read by the microkernel at a time. */
  int groups() {
    return Math.ceilDiv(tiling.blockTiles(), tileRows);
  }

  /** Returns the bytes between groups of the transformed input: their channels, and some more. */
  long groupPitch() {
    return view.channels() * Moves.GROUP_BYTES + SKEW;
  }

  /** Returns the bytes between the transformed input of one point and that of the next. */
  long inputPlane() {
    return groups() * groupPitch();
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
