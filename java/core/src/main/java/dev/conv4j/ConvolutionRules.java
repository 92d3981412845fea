package dev.conv4j;

/** The rules a legal problem obeys, each with its sentence. */
final class ConvolutionRules {

  private static final String[] AXIS_NAMES = {"depth", "height", "width"};

  private ConvolutionRules() {}

  static void check(
      int rank,
      long batch,
      long channels,
      long filters,
      long groups,
      Axes input,
      Axes filter,
      Axes stride,
      Axes padBegin,
      Axes padEnd,
      Axes dilation,
      Border border) {
    if (rank < 1 || rank > 3) {
      throw new InvalidArgumentException("rank", rank, "1, 2 or 3 spatial axes");
    }
    positive("batch", batch);
    positive("channels", channels);
    positive("filters", filters);
    positive("groups", groups);
    divides("channels", channels, groups);
    divides("filters", filters, groups);
    for (int axis = 0; axis < 3; axis++) {
      String name = AXIS_NAMES[axis];
      positive("input " + name, input.get(axis));
      positive("filter " + name, filter.get(axis));
      positive("stride " + name, stride.get(axis));
      positive("dilation " + name, dilation.get(axis));
      notNegative("padding before " + name, padBegin.get(axis));
      notNegative("padding behind " + name, padEnd.get(axis));
      if (axis < 3 - rank) {
        unused(name, axis, input, filter, stride, padBegin, padEnd, dilation);
      }
      checkReach(name, axis, input, filter, padBegin, padEnd, dilation);
      checkBorder(name, input.get(axis), padBegin.get(axis), padEnd.get(axis), border);
    }
    checkSizes(batch, channels, filters, groups, input, filter, stride, padBegin, padEnd, dilation);
  }

  /** Returns the input extent a filter spans on one axis; overflow is an illegal problem. */
  static long reach(long filter, long dilation) {
    return Math.addExact(Math.multiplyExact(dilation, filter - 1), 1);
  }

  private static void positive(String name, long value) {
    if (value < 1) {
      throw new InvalidArgumentException(name, value, "at least 1");
    }
  }

  private static void notNegative(String name, long value) {
    if (value < 0) {
      throw new InvalidArgumentException(name, value, "0 or more");
    }
  }

  private static void divides(String name, long value, long groups) {
    if (value % groups != 0) {
      throw new InvalidArgumentException(name, value, "a multiple of groups (" + groups + ")");
    }
  }

  private static void unused(
      String name,
      int axis,
      Axes input,
      Axes filter,
      Axes stride,
      Axes begin,
      Axes end,
      Axes dilation) {
    boolean neutral =
        input.get(axis) == 1
            && filter.get(axis) == 1
            && stride.get(axis) == 1
            && begin.get(axis) == 0
            && end.get(axis) == 0
            && dilation.get(axis) == 1;
    if (!neutral) {
      throw new InvalidArgumentException(
          name + " axis", "in use", "extent 1 on axes beyond the problem's rank");
    }
  }

  private static void checkReach(
      String name, int axis, Axes input, Axes filter, Axes begin, Axes end, Axes dilation) {
    try {
      long padded = Math.addExact(Math.addExact(input.get(axis), begin.get(axis)), end.get(axis));
      long reach = reach(filter.get(axis), dilation.get(axis));
      if (reach > padded) {
        throw new InvalidArgumentException(
            "filter " + name,
            filter.get(axis)
                + (dilation.get(axis) > 1 ? " with dilation " + dilation.get(axis) : ""),
            "a reach of at most the padded input (" + padded + ")");
      }
    } catch (ArithmeticException overflow) {
      throw new InvalidArgumentException(
          "input " + name, input.get(axis), "a padded extent below 2^63");
    }
  }

  private static void checkBorder(String name, long input, long begin, long end, Border border) {
    long most = Math.max(begin, end);
    if (border == Border.REFLECT && most >= input) {
      throw new InvalidArgumentException(
          "padding of " + name, most, "less than the input (" + input + ") for border reflect");
    }
    if (border == Border.CIRCULAR && most > input) {
      throw new InvalidArgumentException(
          "padding of " + name, most, "at most the input (" + input + ") for border circular");
    }
  }

  private static void checkSizes(
      long batch,
      long channels,
      long filters,
      long groups,
      Axes input,
      Axes filter,
      Axes stride,
      Axes begin,
      Axes end,
      Axes dilation) {
    try {
      long inputs = times(batch, channels, input.product());
      long weights = times(filters, channels / groups, filter.product());
      long pixels = 1;
      for (int axis = 0; axis < 3; axis++) {
        long padded = input.get(axis) + begin.get(axis) + end.get(axis);
        pixels =
            Math.multiplyExact(
                pixels,
                (padded - reach(filter.get(axis), dilation.get(axis))) / stride.get(axis) + 1);
      }
      long outputs = times(batch, filters, pixels);
      // The widest element takes 8 bytes; sizes in bytes must fit as well as counts.
      times(8, Math.max(Math.max(inputs, weights), outputs), 1);
      times(2, times(batch, filters, pixels), times(channels / groups, filter.product(), 1));
    } catch (ArithmeticException overflow) {
      throw new InvalidArgumentException(
          "problem size",
          "batch "
              + batch
              + ", channels "
              + channels
              + ", filters "
              + filters
              + ", input "
              + input
              + ", filter "
              + filter,
          "tensors and an operation count below 2^63");
    }
  }

  private static long times(long a, long b, long c) {
    return Math.multiplyExact(Math.multiplyExact(a, b), c);
  }
}
