package dev.conv4j.cpu.gemm;

import dev.conv4j.Axes;
import dev.conv4j.Border;
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
 * Forward, and backward-data with stride 1, with channels first: filters are the product's rows and
 * points its columns, both packed in the order the microkernel reads, so that results go where they
 * belong and nothing is transposed. (Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication", section 4.)
 */
public final class PackedGemm extends GemmAlgorithm {

  /**
   * @param context what the device's algorithms share
   */
  public PackedGemm(CpuContext context) {
    super("packed-gemm", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution convolution, ConvOptions options) {
    boolean gradient = options.direction() == Direction.BACKWARD_DATA;
    return first(
        require(
            options.direction() != Direction.BACKWARD_FILTER,
            Aspect.DIRECTION,
            "only forward and backward-data"),
        requireF32(options),
        require(options.layout() == Layout.NCHW, Aspect.LAYOUT, "only NCHW"),
        require(
            !gradient || convolution.stride().equals(Axes.ONES),
            Aspect.SHAPE,
            "backward-data only with stride 1"),
        require(
            !gradient || convolution.border() == Border.ZEROS,
            Aspect.BORDER,
            "backward-data only with zeros outside"));
  }

  @Override
  double share(GemmView view, Estimate estimate) {
    return estimate.ofPacked(view);
  }

  @Override
  Executable<ConvOperands> executable(
      GemmView view, Kernels kernels, TileEpilogue epilogue, double seconds) {
    return new PackedExecutable(context(), view, kernels, epilogue, seconds);
  }

  @Override
  GemmView view(ConvProblem problem) {
    return problem.convolution().isPointwise() ? GemmView.pointwise(problem) : GemmView.of(problem);
  }
}
