package dev.conv4j.spi.operator;

import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Shape;
import dev.conv4j.spi.ProblemFamily;

/**
 * Copies a tensor into another type and memory order, without going through the host. Values are
 * converted as {@link DType#store} does: to nearest even, integers saturating, a NaN becoming 0
 * there. The operands are one input and the result, which is memory of its own.
 *
 * @param shape of both
 * @param from the input's type
 * @param fromLayout the input's memory order
 * @param to the result's type
 * @param toLayout the result's memory order
 */
public record ConversionProblem(
    Shape shape, DType from, Layout fromLayout, DType to, Layout toLayout) {

  /** The key of this family. */
  public static final ProblemFamily<ConversionProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("conversion");

  /**
   * Returns the extents of the result's axes as it lies, outermost first: what moves, and in one
   * piece what keeps its order.
   */
  public long[] extents() {
    long channels = turns() ? shape.dim(1) : 1;
    long outer = turns() ? shape.dim(0) : 1;
    long rest = channels * outer == 0 ? 0 : shape.elements() / channels / outer;
    return toLayout == Layout.NHWC
        ? new long[] {outer, rest, channels}
        : new long[] {outer, channels, rest};
  }

  /** Returns the distance in the input between neighbours on each of {@link #extents}. */
  public long[] strides() {
    long[] extents = extents();
    return turns()
        ? new long[] {extents[1] * extents[2], 1, extents[1]}
        : new long[] {extents[1] * extents[2], extents[2], 1};
  }

  private boolean turns() {
    return fromLayout != toLayout;
  }
}
