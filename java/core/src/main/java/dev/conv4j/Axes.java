package dev.conv4j;

/**
 * One number for each of the three spatial axes, depth first. Problems of rank 1 and 2 use the last
 * one or two.
 *
 * @param d depth
 * @param h height
 * @param w width
 */
public record Axes(long d, long h, long w) {

  /** 1 on every axis. */
  public static final Axes ONES = new Axes(1, 1, 1);

  /** 0 on every axis. */
  public static final Axes ZEROS = new Axes(0, 0, 0);

  /**
   * Returns the value of one axis.
   *
   * @param axis 0 depth, 1 height, 2 width
   */
  public long get(int axis) {
    return switch (axis) {
      case 0 -> d;
      case 1 -> h;
      case 2 -> w;
      default ->
          throw new InvalidArgumentException("axis", axis, "0 (depth), 1 (height) or 2 (width)");
    };
  }

  /**
   * Right-aligns one value for every axis of a problem, or one for all of them; axes before them
   * get {@code unused}.
   *
   * @param name the argument's name, for the error message
   * @param values one value, or {@code rank} values
   * @param rank the number of spatial axes, 1 to 3
   * @param unused the value of the axes the problem does not have
   */
  static Axes spread(String name, long[] values, int rank, long unused) {
    if (values.length != 1 && values.length != rank) {
      throw new InvalidArgumentException(
          name,
          java.util.Arrays.toString(values),
          "one number for all axes or one for each of the " + rank);
    }
    long[] full = {unused, unused, unused};
    for (int i = 0; i < rank; i++) {
      full[3 - rank + i] = values.length == 1 ? values[0] : values[i];
    }
    return new Axes(full[0], full[1], full[2]);
  }

  /**
   * Returns the product of the three values, or throws {@link ArithmeticException} when it
   * overflows.
   */
  public long product() {
    return Math.multiplyExact(Math.multiplyExact(d, h), w);
  }

  @Override
  public String toString() {
    return d + "x" + h + "x" + w;
  }
}
