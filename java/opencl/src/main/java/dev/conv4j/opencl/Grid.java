package dev.conv4j.opencl;

/**
 * A launch grid.
 *
 * @param x work-groups on the first axis
 * @param y work-groups on the second axis
 * @param z work-groups on the third axis, each one work-item deep
 * @param localX work-items of a group on the first axis
 * @param localY work-items of a group on the second axis
 */
record Grid(long x, long y, long z, long localX, long localY) {

  /** Returns a grid of work-groups. */
  static Grid groups(long x, long y, long z, long localX, long localY) {
    return new Grid(x, y, z, localX, localY);
  }

  /** Returns a grid over items on one axis, rounded up to whole groups. */
  static Grid items(long count, long local) {
    return groups(ceilDiv(count, local), 1, 1, local, 1);
  }

  /** Returns the number of work-groups. */
  long groupCount() {
    return x * y * z;
  }

  /** Returns the work-items on each axis. */
  long[] global() {
    return new long[] {x * localX, y * localY, z};
  }

  /** Returns the work-items of a group on each axis. */
  long[] local() {
    return new long[] {localX, localY, 1};
  }

  static long ceilDiv(long a, long b) {
    return (a + b - 1) / b;
  }
}
