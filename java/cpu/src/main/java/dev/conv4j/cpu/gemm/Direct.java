package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal.Aspect;
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
public final class Direct extends GemmAlgorithm {

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
        requireF32(options),
        require(options.layout() == Layout.NCHW, Aspect.LAYOUT, "only NCHW"));
  }

  @Override
  double share(GemmView view, Estimate estimate) {
    return estimate.ofDirect(view);
  }

  @Override
  Executable<ConvOperands> executable(
      GemmView view, Kernels kernels, TileEpilogue epilogue, double seconds) {
    return new DirectExecutable(context(), view, kernels, epilogue, seconds);
  }

  @Override
  GemmView view(ConvProblem problem) {
    return problem.convolution().isPointwise() ? GemmView.pointwise(problem) : GemmView.of(problem);
  }
}
