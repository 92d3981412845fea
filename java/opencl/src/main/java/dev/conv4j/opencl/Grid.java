package dev.conv4j.opencl;

/**
 * A launch grid.
 *
 * @param global work-items on each of three axes, multiples of {@code local}
 * @param local work-items of one work-group
 */
record Grid(long[] global, long[] local) {

  /** Returns a grid of work-groups. */
  static Grid groups(long x, long y, long z, long localX, long localY) {
    return new Grid(new long[] {x * localX, y * localY, z}, new long[] {localX, localY, 1});
  }

  /** Returns a grid over items on one axis, rounded up to whole groups. */
  static Grid items(long count, long local) {
    return groups(ceilDiv(count, local), 1, 1, local, 1);
  }

  static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
