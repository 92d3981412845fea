package dev.conv4j.spi.operator;

import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * An operator with everything that decides how it is computed. Immutable, with value equality, so
 * that plans can be kept by it. An algorithm of these families needs no scratch.
 */
public sealed interface OperatorProblem
    permits LocalResponseProblem,
        PointwiseProblem,
        PoolingProblem,
        ProductProblem,
        SoftmaxProblem,
        StridedCopyProblem {

  /** Returns the family, by which a device is asked for algorithms. */
  ProblemFamily<? extends OperatorProblem, OperatorOperands> family();

  /** Returns how many elements of each input may be read, from its first on. */
  List<Long> inputElements();

  /** Returns how many elements of the result may be written, from its first on. */
  long resultElements();
}
