package dev.conv4j.cpu.gemm;

/**
 * How a plane of result points is cut into blocks: runs of points across rows where rows are short,
 * else pieces of rows. Where the cuts are changes no sum.
 *
 * @param height rows of the plane
 * @param width points of a row
 * @param points points in a block but the last of a plane, or of a row
 */
record Blocking(long height, long width, int points) {

  /**
   * Cuts into blocks of about equal size.
   *
   * @param most points in a block at most, a multiple of {@code tile}
   * @param tile rows of the microkernel
   */
  static Blocking of(Grid grid, int most, int tile) {
    long width = grid.w().count();
    long length = width > most ? width : grid.plane();
    long tiles = Math.ceilDiv(length, tile);
    long blocks = Math.ceilDiv(tiles, most / tile);
    return new Blocking(grid.h().count(), width, (int) Math.ceilDiv(tiles, blocks) * tile);
  }

  /** Returns whether blocks are pieces of rows. */
  boolean cutsRows() {
    return width > points;
  }

  /** Returns the blocks of a plane. */
  long count() {
    return cutsRows() ? height * Math.ceilDiv(width, points) : Math.ceilDiv(height * width, points);
  }

  /** Returns the first point of a block. */
  long first(long block) {
    if (!cutsRows()) {
      return block * points;
    }
    long pieces = Math.ceilDiv(width, points);
    return block / pieces * width + block % pieces * points;
  }

  /** Returns the points of a block. */
  int pointsIn(long block) {
    long first = first(block);
    long end = cutsRows() ? (first / width + 1) * width : height * width;
    return (int) Math.min(points, end - first);
  }

  /** Returns the rows a block touches at most. */
  int rows() {
    return cutsRows() ? 1 : (int) Math.min(height, (points + width - 2) / width + 1);
  }

  /** Returns the points of a row that a block touches at most. */
  int columns() {
    return (int) (cutsRows() ? points : width);
  }

  /**
   * Returns a block of a plane.
   *
   * @param index which one
   */
  PointBlock block(int grid, long n, long group, long slice, long index) {
    long first = first(index);
    int count = pointsIn(index);
    long column = first % width;
    return cutsRows()
        ? new PointBlock(grid, n, group, slice, first / width, column, first, count, 1, count)
        : new PointBlock(
            grid,
            n,
            group,
            slice,
            first / width,
            0,
            first,
            count,
            (int) ((column + count - 1) / width) + 1,
            (int) width);
  }

  /** Returns the blocks of all rows of the batch, groups and slices. */
  long blocks(GemmView view, Grid grid) {
    return view.batch() * view.groups() * grid.d().count() * count();
  }

  /**
   * Returns one of those blocks; those of one image follow one another.
   *
   * @param index the grid's place among the view's
   */
  PointBlock block(GemmView view, Grid grid, int index, long place) {
    long rest = place / count();
    long slice = rest % grid.d().count();
    rest /= grid.d().count();
    return block(index, rest / view.groups(), rest % view.groups(), slice, place % count());
  }
}
