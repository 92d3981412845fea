package dev.conv4j.spi.operator;

import dev.conv4j.spi.ProblemFamily;
import java.util.List;

/**
 * {@code y = x / (bias + alpha/size · Σ x²)^beta}, the sum over {@code size} neighbouring channels:
 * {@code (size - 1) / 2} before and {@code size / 2} behind (Krizhevsky et al., "ImageNet
 * Classification with Deep Convolutional Neural Networks", section 3.3). The result is memory of
 * its own.
 *
 * @param batch N
 * @param channels C
 * @param plane elements of one channel
 * @param size channels in a sum
 * @param alpha factor
 * @param beta exponent
 * @param bias summand
 */
public record LocalResponseProblem(
    long batch, long channels, long plane, long size, float alpha, float beta, float bias)
    implements OperatorProblem {

  /** The key of this family. */
  public static final ProblemFamily<LocalResponseProblem, OperatorOperands> FAMILY =
      new ProblemFamily<>("local-response");

  @Override
  public ProblemFamily<LocalResponseProblem, OperatorOperands> family() {
    return FAMILY;
  }

  @Override
  public List<Long> inputElements() {
    return List.of(resultElements());
  }

  @Override
  public long resultElements() {
    return batch * channels * plane;
  }
}
