package dev.conv4j.cpu.reference;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Every legal problem, by definition and without scratch: each element of the result is one sum in
 * double precision, in an order that depends on the problem alone. Slow, and the yardstick of the
 * others on a user's machine.
 */
public final class ReferenceAlgorithm extends CpuAlgorithm {

  /** A chain of scalar additions, four cycles each, against a peak of vectors. */
  private static final double FLOPS_PER_SECOND = 1.2e9;

  /**
   * @param context what the device's algorithms share
   */
  public ReferenceAlgorithm(CpuContext context) {
    super("reference", context);
  }

  @Override
  public boolean isReference() {
    return true;
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return null;
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    return new Verdict.Yes(0, seconds(problem));
  }

  private static double seconds(ConvProblem problem) {
    return problem.convolution().flops() / FLOPS_PER_SECOND;
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    Elements elements =
        switch (problem.options().direction()) {
          case FORWARD -> new ForwardElements(problem);
          case BACKWARD_DATA -> new BackwardDataElements(problem);
          case BACKWARD_FILTER -> new BackwardFilterElements(problem);
        };
    return new ReferenceExecutable(problem, elements, context().workers(), seconds(problem));
  }
}
