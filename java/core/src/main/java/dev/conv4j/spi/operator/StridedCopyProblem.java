package dev.conv4j.spi.operator;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.ProblemFamily;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies elements of four bytes from one regular arrangement to another: a transposition, a slice,
 * one part of a concatenation, a change of layout. Elements of the result that are not addressed
 * stay as they are. The result is memory of its own.
 *
 * @param extents elements copied on each axis, outermost first
 * @param from first element read
 * @param fromStrides elements between neighbours read, for each axis
 * @param to first element written
 * @param toStrides elements between neighbours written, for each axis
 */
public record StridedCopyProblem(
    List<Long> extents, long from, List<Long> fromStrides, long to, List<Long> toStrides)
    implements OperatorProblem {

  /** The key of this family. */
  public static final ProblemFamily<StridedCopyProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("strided-copy");

  /** Copies the lists and checks their lengths. */
  public StridedCopyProblem {
    extents = List.copyOf(extents);
    fromStrides = List.copyOf(fromStrides);
    toStrides = List.copyOf(toStrides);
    if (fromStrides.size() != extents.size() || toStrides.size() != extents.size()) {
      throw new InvalidArgumentException(
          "strides", fromStrides + ", " + toStrides, "as many as extents " + extents);
    }
  }

  /**
   * Returns the same copy, in the same order, with as few axes as it takes: none of extent 1, and
   * axes that are one stretch on both sides joined.
   */
  public StridedCopyProblem merged() {
    List<Long> joined = new ArrayList<>();
    List<Long> read = new ArrayList<>();
    List<Long> written = new ArrayList<>();
    for (int i = 0; i < extents.size(); i++) {
      long extent = extents.get(i);
      if (extent == 1) {
        continue;
      }
      int last = joined.size() - 1;
      if (last >= 0
          && read.get(last) == fromStrides.get(i) * extent
          && written.get(last) == toStrides.get(i) * extent) {
        joined.set(last, joined.get(last) * extent);
        read.set(last, fromStrides.get(i));
        written.set(last, toStrides.get(i));
      } else {
        joined.add(extent);
        read.add(fromStrides.get(i));
        written.add(toStrides.get(i));
      }
    }
    return new StridedCopyProblem(joined, from, read, to, written);
  }

  @Override
  public ProblemFamily<StridedCopyProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    return List.of(end(from, fromStrides));
  }

  @Override
  public long resultElements() {
    return end(to, toStrides);
  }

  /** Returns the end of what strides reach; negative ones go backwards from the first element. */
  private long end(long first, List<Long> strides) {
    long last = first;
    for (int i = 0; i < strides.size(); i++) {
      last += Math.max(0, strides.get(i)) * (extents.get(i) - 1);
    }
    return last + 1;
  }
}
