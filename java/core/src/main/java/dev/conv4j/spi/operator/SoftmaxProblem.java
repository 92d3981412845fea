package dev.conv4j.spi.operator;

import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * Softmax, or its logarithm, over the middle axis of {@code [outer, length, inner]}. The result may
 * be the input.
 *
 * @param outer rows before the axis
 * @param length the axis
 * @param inner elements between neighbours on the axis
 * @param logarithm whether the logarithm is taken
 */
public record SoftmaxProblem(long outer, long length, long inner, boolean logarithm)
    implements OperatorProblem {

  /** The key of this family. */
  public static final ProblemFamily<SoftmaxProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("softmax");

  @Override
  public ProblemFamily<SoftmaxProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    return List.of(resultElements());
  }

  @Override
  public long resultElements() {
    return outer * length * inner;
  }
}
