package dev.conv4j.cpu.stencil;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.CostModel;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Images and signals: filters of their own for every plane, f32 forward, read where they lie and
 * written where they belong. Vectors run along the rows, and two rows of outputs are computed at
 * once. Only what reaches over the border is copied. Best for planes larger than the caches, and
 * filters too small for a Fourier transform. Needs vectors.
 */
public final class Stencil extends CpuAlgorithm {

  /** Taps of a filter, beyond which nothing is near. */
  private static final long MOST_TAPS = 1 << 20;

  /** Cycles of a vector of outputs for four taps of each row of taps, and for a single one. */
  private static final double FOUR_TAPS = 10;

  private static final double TAP = 3;

  /** Cycles of a vector of outputs for copying, and with the filter that stays in registers. */
  private static final double COPY = 8;

  private static final double REGISTERS = 9;

  /** Cycles of a pair of rows besides. */
  private static final double PAIR = 400;

  /** From and to memory, while little is computed. */
  private static final double BYTES_PER_SECOND = 20e9;

  /**
   * @param context what the device's algorithms share
   */
  public Stencil(CpuContext context) {
    super("stencil", context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution c, ConvOptions o) {
    return first(
        require(
            c.groups() == c.channels(),
            Aspect.GROUPS,
            "takes only as many groups as input channels"),
        require(o.direction() == Direction.FORWARD, Aspect.DIRECTION, "takes only forward"),
        requireWhole(o),
        require(
            o.inputType() == DType.F32
                && o.filterType() == DType.F32
                && o.outputType() == DType.F32,
            Aspect.DTYPE,
            "takes only f32"),
        require(
            o.layout() == Layout.NCHW || (c.channels() == 1 && c.filters() == 1),
            Aspect.LAYOUT,
            "takes only NCHW"),
        require(
            c.stride().equals(Axes.ONES) && c.dilation().equals(Axes.ONES),
            Aspect.SHAPE,
            "takes only stride and dilation 1"),
        require(
            c.input().d() == 1 && c.output().d() == 1 && c.filter().d() == 1,
            Aspect.SHAPE,
            "takes only one and two spatial axes"),
        require(
            c.filter().product() <= MOST_TAPS,
            Aspect.SHAPE,
            "takes only filters of at most 2^20 taps"));
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    double seconds = seconds(problem);
    return new Verdict.Yes(executable(problem, seconds).workspaceBytes(false), seconds);
  }

  private double seconds(ConvProblem problem) {
    Convolution c = problem.convolution();
    double pairs = Math.ceilDiv(c.output().h(), 2) * (double) c.batch() * c.filters();
    double lines = (double) c.output().h() * c.batch() * c.filters();
    double vectors = lines * Math.ceilDiv(c.output().w(), Lanes.COUNT);
    // Both rows of a pair are computed at once, with a row of taps more than one needs.
    double rows = c.output().h() == 1 ? c.filter().h() : (c.filter().h() + 1) / 2.0;
    long fours = c.filter().w() / 4;
    long ones = c.filter().w() % 4;
    double taps =
        RowKernel.of(c) instanceof Rows3x3 ? REGISTERS : rows * (fours * FOUR_TAPS + ones * TAP);
    return CostModel.streamed(
        vectors * (taps + COPY) + pairs * PAIR, operandBytes(problem), BYTES_PER_SECOND);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem, seconds(problem));
  }

  private Executable<ConvOperands> executable(ConvProblem problem, double seconds) {
    int participants = Math.min(context().workers().threads(), CostModel.participants(seconds));
    return new StencilExecutable(problem, context().workers(), participants);
  }
}
