package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Forward and backward-data with a single tap, stride 1 and no padding: a plain matrix product.
 * Channels last is read where it lies.
 */
public final class Pointwise extends GemmAlgorithm {

  /**
   * @param context what the device's algorithms share
   */
  public Pointwise(CpuContext context) {
    super("pointwise", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return first(
        require(
            options.direction() != Direction.BACKWARD_FILTER,
            Aspect.DIRECTION,
            "only forward and backward-data"),
        requireF32(options),
        require(convolution.isPointwise(), Aspect.SHAPE, "only one tap, stride 1 and no padding"));
  }

  @Override
  GemmView view(ConvProblem problem) {
    return GemmView.pointwise(problem);
  }
}
