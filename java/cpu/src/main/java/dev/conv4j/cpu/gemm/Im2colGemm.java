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
 * Forward as the matrix product of the filter and the unrolled input, of which only as much is
 * there at a time as one thread's block of points needs: a few hundred columns of at most some
 * thousand products. (Chellapilla et al., "High Performance Convolutional Neural Networks for
 * Document Processing".) Behind {@link ImplicitGemm} by the extra copy; here to be compared with.
 */
public final class Im2colGemm extends GemmAlgorithm {

  /**
   * @param context what the device's algorithms share
   */
  public Im2colGemm(CpuContext context) {
    super("im2col-gemm", context);
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
    return GemmView.of(problem);
  }

  @Override
  boolean isExplicit() {
    return true;
  }
}
