package dev.conv4j.spi.operator;

import dev.conv4j.Activation;
import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * {@code Y = activation(alpha·A·B + bias)}, a matrix product or a stack of them. Inputs: A with M
 * rows of K, B with K rows of N, or transposed with N rows of K, and, where there is one, N bias
 * values. The result, M rows of N for each of the stack, is memory of its own.
 *
 * @param stack products
 * @param m rows of A and Y
 * @param n columns of B and Y
 * @param k terms of a sum
 * @param transposedA whether A lies transposed, K rows of M
 * @param transposedB whether B lies transposed, N rows of K: weights of a fully connected layer
 * @param stepA elements between neighbouring As; 0 when all products share one
 * @param stepB elements between neighbouring Bs; 0 when all products share one
 * @param alpha factor
 * @param bias whether there is a bias
 * @param activation last step
 */
public record ProductProblem(
    long stack,
    long m,
    long n,
    long k,
    boolean transposedA,
    boolean transposedB,
    long stepA,
    long stepB,
    float alpha,
    boolean bias,
    Activation activation)
    implements OperatorProblem {

  /** The key of this family. */
  public static final ProblemFamily<ProductProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("product");

  @Override
  public ProblemFamily<ProductProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    long a = (stack - 1) * stepA + m * k;
    long b = (stack - 1) * stepB + k * n;
    return bias ? List.of(a, b, n) : List.of(a, b);
  }

  @Override
  public long resultElements() {
    return stack * m * n;
  }
}
