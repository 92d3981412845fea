package dev.conv4j.testkit;

import dev.conv4j.Convolution;
import dev.conv4j.Direction;

/**
 * The sums of products of one convolution in double precision, element by element, from the
 * definition: {@code y[n,k,o] = Σ x[n,c,i]·w[k,c,t]} over every channel of the group and every tap
 * that sees input {@code i}, and the two adjoints of that map. It computes extents and borders in
 * its own way and must never ask the code under test for them.
 *
 * <p>Operands and results are arrays in logical order (N, C, D, H, W; K, C/groups, T, R, S). Not
 * thread-safe.
 */
public final class Oracle {

  /**
   * Sums of products.
   *
   * @param sum {@code Σ a·b}
   * @param magnitude {@code Σ |a·b|}, what rounding errors are proportional to
   * @param terms the number of products
   */
  public record Sum(double sum, double magnitude, long terms) {}

  private final Direction direction;
  private final int batch;
  private final int channels;
  private final int filters;
  private final int channelsPerGroup;
  private final int filtersPerGroup;
  private final SlidingAxis[] axes = new SlidingAxis[3];

  /**
   * @param problem the convolution; its extents fit an {@code int}
   * @param direction which product
   * @param flipped whether the filter is mirrored
   */
  public Oracle(Convolution problem, Direction direction, boolean flipped) {
    this.direction = direction;
    this.batch = Math.toIntExact(problem.batch());
    this.channels = Math.toIntExact(problem.channels());
    this.filters = Math.toIntExact(problem.filters());
    int groups = Math.toIntExact(problem.groups());
    this.channelsPerGroup = channels / groups;
    this.filtersPerGroup = filters / groups;
    SlidingAxis.Fixed fixed =
        switch (direction) {
          case FORWARD -> SlidingAxis.Fixed.OUTPUT;
          case BACKWARD_DATA -> SlidingAxis.Fixed.INPUT;
          case BACKWARD_FILTER -> SlidingAxis.Fixed.TAP;
        };
    for (int axis = 0; axis < 3; axis++) {
      axes[axis] =
          new SlidingAxis(
              problem.input().get(axis),
              problem.filter().get(axis),
              problem.stride().get(axis),
              problem.padBegin().get(axis),
              problem.padEnd().get(axis),
              problem.dilation().get(axis),
              problem.border(),
              flipped,
              fixed);
    }
  }

  /** Returns N, C, D, H, W. */
  public int[] inputDims() {
    return new int[] {batch, channels, axes[0].inputs(), axes[1].inputs(), axes[2].inputs()};
  }

  /** Returns K, C/groups, T, R, S. */
  public int[] filterDims() {
    return new int[] {filters, channelsPerGroup, axes[0].taps(), axes[1].taps(), axes[2].taps()};
  }

  /** Returns N, K, O, P, Q. */
  public int[] outputDims() {
    return new int[] {batch, filters, axes[0].outputs(), axes[1].outputs(), axes[2].outputs()};
  }

  /** Returns the dimensions of the first operand: x, or dy for backward-data. */
  public int[] firstDims() {
    return direction == Direction.BACKWARD_DATA ? outputDims() : inputDims();
  }

  /** Returns the dimensions of the second operand: w, or dy for backward-filter. */
  public int[] secondDims() {
    return direction == Direction.BACKWARD_FILTER ? outputDims() : filterDims();
  }

  /** Returns the dimensions of the result: y, dx or dw. */
  public int[] resultDims() {
    return switch (direction) {
      case FORWARD -> outputDims();
      case BACKWARD_DATA -> inputDims();
      case BACKWARD_FILTER -> filterDims();
    };
  }

  /**
   * Returns the products a direct method sums for one element, those with a padded zero included:
   * C/groups·T·R·S, K/groups·T·R·S, or N·O·P·Q.
   */
  public long terms() {
    int[] out = outputDims();
    int[] filter = filterDims();
    return switch (direction) {
      case FORWARD -> Dims.count(filter) / filters;
      case BACKWARD_DATA -> Dims.count(filter) / filters / channelsPerGroup * filtersPerGroup;
      case BACKWARD_FILTER -> Dims.count(out) / filters;
    };
  }

  /** Returns every element of the result. */
  public Sum[] solve(double[] first, double[] second) {
    Sum[] sums = new Sum[Math.toIntExact(Dims.count(resultDims()))];
    for (int element = 0; element < sums.length; element++) {
      sums[element] = at(element, first, second);
    }
    return sums;
  }

  /**
   * Returns one element of the result.
   *
   * @param element its index in logical order
   * @param first the first operand
   * @param second the second operand
   */
  public Sum at(long element, double[] first, double[] second) {
    int[] dims = resultDims();
    int[] at = Dims.position(element, dims);
    SlidingAxis.Pairs depth = axes[0].pairs(at[2]);
    SlidingAxis.Pairs height = axes[1].pairs(at[3]);
    SlidingAxis.Pairs width = axes[2].pairs(at[4]);
    int[] a = firstDims();
    int[] b = secondDims();
    double sum = 0;
    double magnitude = 0;
    int planes = planes();
    for (int plane = 0; plane < planes; plane++) {
      long firstPlane = firstPlane(at[0], at[1], plane);
      long secondPlane = secondPlane(at[0], at[1], plane);
      for (int d = 0; d < depth.first().length; d++) {
        for (int h = 0; h < height.first().length; h++) {
          int firstRow = row(a, firstPlane, depth.first()[d], height.first()[h]);
          int secondRow = row(b, secondPlane, depth.second()[d], height.second()[h]);
          for (int w = 0; w < width.first().length; w++) {
            double product =
                first[firstRow + width.first()[w]] * second[secondRow + width.second()[w]];
            sum += product;
            magnitude += Math.abs(product);
          }
        }
      }
    }
    long seen = (long) planes * depth.first().length * height.first().length * width.first().length;
    return new Sum(sum, magnitude, seen);
  }

  /** The extent of the sum that is not spatial. */
  private int planes() {
    return switch (direction) {
      case FORWARD -> channelsPerGroup;
      case BACKWARD_DATA -> filtersPerGroup;
      case BACKWARD_FILTER -> batch;
    };
  }

  private long firstPlane(int r0, int r1, int plane) {
    return switch (direction) {
      case FORWARD ->
          (long) r0 * channels + (long) (r1 / filtersPerGroup) * channelsPerGroup + plane;
      case BACKWARD_DATA ->
          (long) r0 * filters + (long) (r1 / channelsPerGroup) * filtersPerGroup + plane;
      case BACKWARD_FILTER ->
          (long) plane * channels + (long) (r0 / filtersPerGroup) * channelsPerGroup + r1;
    };
  }

  private long secondPlane(int r0, int r1, int plane) {
    return switch (direction) {
      case FORWARD -> (long) r1 * channelsPerGroup + plane;
      case BACKWARD_DATA -> {
        long filter = (long) (r1 / channelsPerGroup) * filtersPerGroup + plane;
        yield filter * channelsPerGroup + r1 % channelsPerGroup;
      }
      case BACKWARD_FILTER -> (long) plane * filters + r0;
    };
  }

  private static int row(int[] dims, long plane, int d, int h) {
    return Math.toIntExact(((plane * dims[2] + d) * dims[3] + h) * dims[4]);
  }
}
