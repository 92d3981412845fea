package dev.conv4j.cpu.winograd;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cpu.algorithm.Axis;
import dev.conv4j.cpu.algorithm.CpuAlgorithm;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.TileEpilogue;
import dev.conv4j.cpu.gemm.GemmView;
import dev.conv4j.cpu.gemm.Panels;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Microkernel;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Forward and backward-data of square filters with stride 1, by fewer multiplications. An infinity
 * or a NaN in the input spreads over its tile. Needs vectors.
 */
public final class Winograd extends CpuAlgorithm {

  /**
   * What another tile has to leave of the time: cuts are judged by what differs less than noise.
   */
  private static final double PAYS = 0.98;

  private final Transform transform;
  private final Kernels kernels = Kernels.best();

  private Winograd(Transform transform, CpuContext context) {
    super("winograd-" + transform.outputs() + "x" + transform.taps(), context);
    this.transform = transform;
  }

  /** F(2, 3): 2.25 times fewer multiplications, with filters that stay small. */
  public static Winograd twoByThree(CpuContext context) {
    return new Winograd(Transform.TWO_BY_THREE, context);
  }

  /** F(4, 3): 4 times fewer. */
  public static Winograd fourByThree(CpuContext context) {
    return new Winograd(Transform.FOUR_BY_THREE, context);
  }

  /** F(2, 5): 2.8 times fewer. */
  public static Winograd twoByFive(CpuContext context) {
    return new Winograd(Transform.TWO_BY_FIVE, context);
  }

  @Override
  protected Verdict.@Nullable No refuse(Convolution c, ConvOptions o) {
    int taps = transform.taps();
    return first(
        require(
            o.direction() != Direction.BACKWARD_FILTER,
            Aspect.DIRECTION,
            "only forward and backward-data"),
        require(
            o.inputType() == DType.F32
                && o.filterType() == DType.F32
                && o.outputType() == DType.F32,
            Aspect.DTYPE,
            "only f32"),
        require(c.border() == Border.ZEROS, Aspect.BORDER, "only zeros"),
        require(
            c.filter().h() == taps && c.filter().w() == taps && c.filter().d() == 1,
            Aspect.SHAPE,
            "only filters of " + taps + " x " + taps),
        require(c.input().d() == 1, Aspect.SHAPE, "only two spatial axes"),
        require(c.output().d() == 1, Aspect.SHAPE, "only two spatial axes"),
        require(c.stride().product() == 1, Aspect.SHAPE, "only stride 1"),
        require(c.dilation().product() == 1, Aspect.SHAPE, "only dilation 1"),
        require(
            summed(c, o) >= context().vectorBits() / Float.SIZE,
            Aspect.SHAPE,
            "only channels that fill a vector"),
        require(
            summed(c, o) < Microkernel.DEPTHS,
            Aspect.SHAPE,
            "only fewer than " + Microkernel.DEPTHS + " channels"),
        require(
            reaches(Axis.of(c, 1), o) && reaches(Axis.of(c, 2), o),
            Aspect.SHAPE,
            "only padding below the filter's extent"));
  }

  /**
   * Returns whether every result has a tap inside its source. One that has none is zero, to the
   * bit; here it would have its neighbours' rounding errors.
   */
  private static boolean reaches(Axis axis, ConvOptions o) {
    long before =
        o.direction() == Direction.FORWARD ? axis.padBegin() : axis.taps() - 1 - axis.padBegin();
    long results = o.direction() == Direction.FORWARD ? axis.output() : axis.input();
    long source = o.direction() == Direction.FORWARD ? axis.input() : axis.output();
    return before < axis.taps() && results - 1 - before < source;
  }

  private static long summed(Convolution c, ConvOptions o) {
    return o.direction() == Direction.BACKWARD_DATA ? c.filtersPerGroup() : c.channelsPerGroup();
  }

  @Override
  protected Verdict.Yes price(ConvProblem problem) {
    double seconds = seconds(problem);
    long workspace = executable(problem, seconds).workspaceBytes(false);
    return new Verdict.Yes(
        workspace, seconds, transform.errorFactor(), true, List.of("a NaN or an infinity spreads"));
  }

  private double seconds(ConvProblem problem) {
    GemmView view = GemmView.of(problem);
    int lanes = context().vectorBits() / Float.SIZE;
    double cycles = cut(view, best(view)).cycles();
    double filterGrowth =
        (transform.products() / (double) (transform.taps() * transform.taps()) - 1)
            * problem.convolution().filterShape().bytes(DType.F32);
    double flopsPerCycle = 2.0 * context().multiplyAdds() * lanes;
    return costs().seconds(cycles * flopsPerCycle, 0.85, operandBytes(problem) + filterGrowth);
  }

  /** Returns the kernels with the tile that suits a problem; another than most only if it pays. */
  private Kernels best(GemmView view) {
    List<Kernels> all = kernels.each();
    Kernels best = all.getFirst();
    double least = cut(view, best).turns() * PAYS;
    for (Kernels each : all.subList(1, all.size())) {
      double turns = cut(view, each).turns();
      if (turns < least) {
        best = each;
        least = turns;
      }
    }
    return best;
  }

  private Cut cut(GemmView view, Kernels each) {
    Panels panels = Panels.ofColumns(each, view.columns());
    return Cut.of(context(), view, transform, panels, GroupProduct.rows(each), 1);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return executable(problem, seconds(problem));
  }

  private Executable<ConvOperands> executable(ConvProblem problem, double seconds) {
    GemmView view = GemmView.of(problem);
    return new WinogradExecutable(
        context(),
        view,
        transform,
        best(view),
        new TileEpilogue(problem.options().epilogue()),
        seconds);
  }
}
