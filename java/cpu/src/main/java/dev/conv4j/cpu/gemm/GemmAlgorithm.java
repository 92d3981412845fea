package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Microkernel;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What the algorithms that multiply pixels by filters have in common. Unless they say otherwise
 * they gather points, and multiply them by panels of filters.
 */
abstract class GemmAlgorithm extends CpuAlgorithm {

  private final Kernels kernels = Kernels.best();
  private final Estimate estimate;

  GemmAlgorithm(String id, CpuContext context) {
    super(id, context);
    this.estimate = new Estimate(kernels, context.multiplyAdds(), context.processor().l1Bytes());
  }

  /** Returns the problem as matrix products. */
  abstract GemmView view(ConvProblem problem);

  /** Returns whether the unrolled source is written out. */
  boolean isExplicit() {
    return false;
  }

  static Verdict.@Nullable No requireF32(ConvOptions options) {
    boolean f32 =
        options.inputType() == DType.F32
            && options.filterType() == DType.F32
            && options.outputType() == DType.F32;
    return require(f32, Aspect.DTYPE, "only f32");
  }

  /** A sum is cut between channels only, so one channel's taps must be few enough for a kernel. */
  static Verdict.@Nullable No requireTaps(Convolution convolution) {
    return require(
        convolution.taps() < Microkernel.DEPTHS,
        Aspect.SHAPE,
        "only filters of fewer than " + Microkernel.DEPTHS + " taps");
  }

  @Override
  protected final Verdict.Yes price(ConvProblem problem) {
    return new Verdict.Yes(compile(problem).workspaceBytes(false), seconds(problem));
  }

  /** Returns the share of the peak that is to be expected. */
  double share(GemmView view, Estimate estimate) {
    return estimate.ofGemm(view, isExplicit());
  }

  /**
   * Returns what computes a problem.
   *
   * @param seconds the predicted time
   */
  Executable<ConvOperands> executable(
      GemmView view, Kernels kernels, TileEpilogue epilogue, double seconds) {
    Grid grid = view.grids().getFirst();
    Kernels best =
        !isExplicit() && WindowRows.suit(view, grid)
            ? kernels.forWindows(grid.plane(), view.columns())
            : kernels.forProduct(grid.plane(), view.columns());
    return new GemmExecutable(context(), view, best, isExplicit(), epilogue, seconds);
  }

  private double seconds(ConvProblem problem) {
    GemmView view = view(problem);
    Convolution c = problem.convolution();
    double flops = c.flops() * view.computedShare(c);
    return costs().seconds(flops, share(view, estimate), operandBytes(problem));
  }

  @Override
  public final Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(
        view(problem), kernels, new TileEpilogue(problem.options().epilogue()), seconds(problem));
  }
}
