package dev.conv4j.spi.operator;

import dev.conv4j.Activation;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.ProblemFamily;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code y = activation(f(a, …))} element by element, operands stretched to the result's shape by
 * strides of 0. The result may be an operand that is not stretched.
 *
 * @param function f
 * @param activation last step
 * @param extents the result's shape, innermost axis first, neighbours merged where all operands
 *     allow it
 * @param strides for each operand, as many numbers: elements between neighbours on each axis; those
 *     of the innermost axis are 0 or 1
 */
public record PointwiseProblem(
    Function function, Activation activation, List<Long> extents, List<List<Long>> strides)
    implements OperatorProblem {

  /** The functions before the activation. */
  public enum Function {
    /** {@code a}. */
    COPY(1),
    /** {@code a + b}. */
    ADD(2),
    /** {@code a - b}. */
    SUBTRACT(2),
    /** {@code a · b}. */
    MULTIPLY(2),
    /** {@code a / b}. */
    DIVIDE(2),
    /** The greater one; NaN when there is one. */
    MAXIMUM(2),
    /** The lesser one; NaN when there is one. */
    MINIMUM(2),
    /** {@code a · b + c}, rounded once. */
    MULTIPLY_ADD(3);

    private final int operands;

    Function(int operands) {
      this.operands = operands;
    }

    /** Returns how many operands there are. */
    public int operands() {
      return operands;
    }
  }

  /** The key of this family. */
  public static final ProblemFamily<PointwiseProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("pointwise");

  /** Copies the lists and checks that there is one of strides for each operand. */
  public PointwiseProblem {
    extents = List.copyOf(extents);
    strides = strides.stream().map(List::copyOf).toList();
    int axes = extents.size();
    if (axes == 0
        || strides.size() != function.operands()
        || strides.stream().anyMatch(each -> each.size() != axes || each.getFirst() > 1)) {
      throw new InvalidArgumentException(
          "strides", strides, function.operands() + " lists for extents " + extents);
    }
  }

  @Override
  public ProblemFamily<PointwiseProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    List<Long> elements = new ArrayList<>();
    for (List<Long> each : strides) {
      long last = 0;
      for (int i = 0; i < each.size(); i++) {
        last += each.get(i) * (extents.get(i) - 1);
      }
      elements.add(last + 1);
    }
    return elements;
  }

  @Override
  public long resultElements() {
    return extents.stream().reduce(1L, (a, b) -> a * b);
  }
}
