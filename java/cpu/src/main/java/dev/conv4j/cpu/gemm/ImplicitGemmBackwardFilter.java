package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of the filter as a matrix product over the points of the batch, block of points by
 * block of points. What is cut among threads is the filter, never a sum.
 */
public final class ImplicitGemmBackwardFilter extends CpuAlgorithm {

  private final Kernels kernels = Kernels.best();

  /**
   * @param context what the device's algorithms share
   */
  public ImplicitGemmBackwardFilter(CpuContext context) {
    super("implicit-gemm-backward-filter", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return first(
        require(
            options.direction() == Direction.BACKWARD_FILTER,
            Aspect.DIRECTION,
            "only backward-filter"),
        GemmAlgorithm.requireF32(options));
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    return new Verdict.Yes(executable(problem).workspaceBytes(false), seconds(problem));
  }

  private double seconds(ConvProblem problem) {
    return costs().seconds((double) problem.convolution().flops(), 0.65, operandBytes(problem));
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem);
  }

  private FilterGradientExecutable executable(ConvProblem problem) {
    return new FilterGradientExecutable(
        context(),
        FilterGradientView.of(problem),
        kernels,
        new TileEpilogue(problem.options().epilogue()),
        seconds(problem));
  }
}
