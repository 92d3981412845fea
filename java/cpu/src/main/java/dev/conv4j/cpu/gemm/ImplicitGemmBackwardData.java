package dev.conv4j.cpu.gemm;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The gradient of the input as the matrix product of {@link ImplicitGemm}, gathering from dy: with
 * stride, one convolution for each residue class of the input's coordinates.
 */
public final class ImplicitGemmBackwardData extends GemmAlgorithm {

  /**
   * @param context what the device's algorithms share
   */
  public ImplicitGemmBackwardData(CpuContext context) {
    super("implicit-gemm-backward-data", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    return first(
        require(
            options.direction() == Direction.BACKWARD_DATA, Aspect.DIRECTION, "only backward-data"),
        requireTaps(convolution),
        requireF32(options),
        require(convolution.border() == Border.ZEROS, Aspect.BORDER, "only zeros"));
  }

  @Override
  GemmView view(ConvProblem problem) {
    return GemmView.of(problem);
  }
}
