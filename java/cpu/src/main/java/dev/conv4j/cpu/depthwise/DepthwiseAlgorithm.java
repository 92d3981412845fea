package dev.conv4j.cpu.depthwise;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CostModel;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Every channel with filters of its own, f32 forward. Nothing is summed over channels, so a matrix
 * product has no work to reuse; these kernels stream instead. NCHW goes plane by plane with vectors
 * along the row, for 3×3 filters in place ({@link StripExecutable}) and for others by way of
 * scratch ({@link PlaneExecutable}), or by blocks of channels where rows are short ({@link
 * BlockExecutable}); NHWC goes row by row with vectors along the channels ({@link
 * PixelExecutable}). Needs vectors.
 */
public final class DepthwiseAlgorithm extends CpuAlgorithm {

  /** Loads bound the kernels: one for each product. */
  private static final double EFFICIENCY = 0.3;

  /** From and to memory, by way of scratch. */
  private static final double BYTES_PER_SECOND = 10e9;

  /** Columns of a plane's row, or bytes of a tile, beyond which a tile would not be a tile. */
  private static final long LARGEST_REACH = 1 << 20;

  /**
   * @param context what the device's algorithms share
   */
  public DepthwiseAlgorithm(CpuContext context) {
    super("depthwise", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution c, ConvOptions o) {
    return first(
        require(
            c.groups() == c.channels(),
            Aspect.GROUPS,
            "takes only as many groups as input channels"),
        require(o.direction() == Direction.FORWARD, Aspect.DIRECTION, "takes only forward"),
        o.layout() == Layout.NHWC ? null : requireWhole(o),
        require(
            o.inputType() == DType.F32
                && o.filterType() == DType.F32
                && o.outputType() == DType.F32,
            Aspect.DTYPE,
            "takes only f32"),
        require(c.border() == Border.ZEROS, Aspect.BORDER, "takes only zeros"),
        require(
            c.input().d() == 1 && c.output().d() == 1 && c.filter().d() == 1,
            Aspect.SHAPE,
            "takes only one and two spatial axes"),
        require(
            PlaneTiling.reach(c, 2) * PlaneTiling.reach(c, 1) <= LARGEST_REACH
                && c.stride().w() * c.stride().h() <= LARGEST_REACH,
            Aspect.SHAPE,
            "takes only filters that reach over at most 2^20 pixels"),
        require(
            o.layout() == Layout.NCHW || c.output().w() * c.filters() <= 1 << 28,
            Aspect.INDEX_WIDTH,
            "takes only rows of at most 2^28 elements"));
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    double seconds = seconds(problem);
    long workspace = executable(problem, seconds).workspaceBytes(false);
    return new Verdict.Yes(workspace, seconds);
  }

  private double seconds(ConvProblem problem) {
    double flopsPerCycle = context().vectorBits() / 8.0;
    double cycles = problem.convolution().flops() / (flopsPerCycle * EFFICIENCY);
    return CostModel.streamed(cycles, operandBytes(problem), BYTES_PER_SECOND);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem, seconds(problem));
  }

  private Executable<ConvOperands> executable(ConvProblem problem, double seconds) {
    int participants = Math.min(context().workers().threads(), CostModel.participants(seconds));
    if (problem.options().layout() == Layout.NHWC) {
      return new PixelExecutable(problem, context().workers(), participants);
    }
    if (StripTiling.takes(problem.convolution())) {
      return new StripExecutable(problem, context().workers(), participants);
    }
    return BlockTiling.suits(problem.convolution())
        ? new BlockExecutable(problem, context().workers(), participants)
        : new PlaneExecutable(problem, context().workers(), participants);
  }
}
