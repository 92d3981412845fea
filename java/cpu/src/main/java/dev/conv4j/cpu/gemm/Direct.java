package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
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
 * Forward with channels first, vectors along the rows: source planes are read where they lie and
 * results written where they belong, nothing is gathered or transposed. Best where few products are
 * summed, and rows are long. (The direct convolution of Zhang, Franchetti and Low, "High
 * Performance Zero-Memory Overhead Direct Convolutions", with vectors along the width instead of
 * the channels.)
 */
public final class Direct extends CpuAlgorithm {

  private final Kernels kernels = Kernels.best();

  /**
   * @param context what the device's algorithms share
   */
  public Direct(CpuContext context) {
    super("direct", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return first(
        require(options.direction() == Direction.FORWARD, Aspect.DIRECTION, "only forward"),
        GemmAlgorithm.requireF32(options),
        require(options.layout() == Layout.NCHW, Aspect.LAYOUT, "only NCHW"));
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    return new Verdict.Yes(executable(problem).workspaceBytes(false), seconds(problem));
  }

  private double seconds(ConvProblem problem) {
    return costs()
        .seconds(
            (double) problem.convolution().flops(),
            Estimate.ofDirect(view(problem), kernels),
            operandBytes(problem));
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem);
  }

  private DirectExecutable executable(ConvProblem problem) {
    return new DirectExecutable(
        context(),
        view(problem),
        kernels,
        new TileEpilogue(problem.options().epilogue()),
        seconds(problem));
  }

  private static GemmView view(ConvProblem problem) {
    return problem.convolution().isPointwise() ? GemmView.pointwise(problem) : GemmView.of(problem);
  }
}
