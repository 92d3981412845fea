package dev.conv4j.cuda;

/** The blocks of a launch. */
record Grid(int x, int y, int z) {

  /** The most blocks on the y and z axes. */
  static final int MOST_YZ = 65_535;

  /** Returns the blocks for a number of items; kernels step over what a full grid leaves. */
  static Grid items(long items, int perBlock) {
    return new Grid((int) Math.min(Integer.MAX_VALUE, ceil(items, perBlock)), 1, 1);
  }

  /** Returns the quotient rounded up. */
  static long ceil(long value, long unit) {
    return (value + unit - 1) / unit;
  }
}
