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
 * Forward as a matrix product whose one operand is gathered tile by tile and never stored as a
 * whole. (Chellapilla et al., "High Performance Convolutional Neural Networks for Document
 * Processing", without the unrolled matrix.)
 */
public final class ImplicitGemm extends GemmAlgorithm {

  /**
   * @param context what the device's algorithms share
   */
  public ImplicitGemm(CpuContext context) {
    super("implicit-gemm", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return first(
        require(options.direction() == Direction.FORWARD, Aspect.DIRECTION, "only forward"),
        requireTaps(convolution),
        requireF32(options));
  }

  @Override
  GemmView view(ConvProblem problem) {
    return GemmView.reached(problem);
  }
}
