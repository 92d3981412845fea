package dev.conv4j.opencl;

import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Implicit GEMM for devices of type CPU: wide vectors, no local memory, no barrier. Reads a packed
 * filter; without one it packs into scratch first.
 */
final class GemmCpu extends OpenClAlgorithm {

  private final CpuLanes lanes;

  /**
   * @param lanes what the lanes of a vector are
   */
  GemmCpu(KernelContext context, CpuLanes lanes) {
    super(lanes.id(), context);
    this.lanes = lanes;
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (usesDoubles(problem)) {
      return new Refusal.Unsupported(Aspect.DTYPE, "anything but f64");
    }
    if (lanes.overPixels() && problem.options().layout() != Layout.NCHW) {
      return new Refusal.Unsupported(Aspect.LAYOUT, "NCHW");
    }
    return GatherRules.gatherRefusal(problem);
  }

  private static boolean usesDoubles(ConvProblem problem) {
    return problem.options().inputType() == DType.F64
        || problem.options().filterType() == DType.F64
        || problem.options().outputType() == DType.F64;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    double efficiency = context().device().cpu() ? efficiency(params, tuning) : 0.02;
    return new Verdict.Yes(
        packedBytes(params),
        seconds(problem, efficiency, operandBytes(problem) + packedBytes(params), 2));
  }

  /** Returns the share of the arithmetic peak, as fitted to ResNet-50's layers on PoCL. */
  private double efficiency(KernelParams params, Tuning tuning) {
    long pixels = params.batch() * params.pixels();
    long filters = Grid.ceilDiv(params.filters(), lanes.filters()) * lanes.filters();
    double products = params.products();
    double fill = (double) params.filters() / filters;
    if (!lanes.overPixels()) {
      // In NCHW, sums turn into rows of pixels on their way out.
      double out = params.problem().options().layout() == Layout.NCHW ? 40 : 5;
      return 0.7 * fill * products / (products + out);
    }
    long tile = lanes.pixels(tuning);
    double gather =
        !gathersRuns(params) ? 200 : params.problem().convolution().isPointwise() ? 6 : 15;
    return 0.75
        * fill
        * pixels
        / (Grid.ceilDiv(pixels, tile) * tile)
        * filters
        / (filters + gather)
        * products
        / (products + 4);
  }

  /** Returns whether 16 pixels are at most two runs in x. */
  private static boolean gathersRuns(KernelParams params) {
    boolean whole = params.problem().convolution().isPointwise() || params.output().w() >= 16;
    return whole
        && params.stride().w() <= 2
        && params.up().equals(Axes.ONES)
        && params.problem().convolution().border() == Border.ZEROS;
  }

  private long packedBytes(KernelParams params) {
    return params.groups()
        * Grid.ceilDiv(params.filters(), lanes.filters())
        * lanes.filters()
        * params.products()
        * Float.BYTES;
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return new TuningSpace(lanes.defaults(), lanes.candidates(), List.of());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant(lanes.stem(), problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    long pixelTiles = Grid.ceilDiv(params.batch() * params.pixels(), lanes.pixels(tuning));
    int range = filterRange(params, tuning, pixelTiles);
    return new PackedFilterExecutable(
        context().programs().kernel(variant, "pack_filter"),
        Grid.groups(
            params.groups() * Grid.ceilDiv(params.filters(), lanes.filters()),
            params.taps(),
            1,
            1,
            1),
        new KernelRun(context(), params, KernelRun.filterBytes(problem), 1),
        packedBytes(params),
        context().programs().kernel(variant, lanes.stem()),
        Grid.groups(pixelTiles, Grid.ceilDiv(params.filters(), range), params.groups(), 1, 1),
        new KernelRun(context(), params, Float.BYTES, range));
  }

  /** Filters of one work-item: all the tile allows, but enough items for every core. */
  private int filterRange(KernelParams params, Tuning tuning, long pixelTiles) {
    int range = tuning.get("TILE_K");
    // Each range gathers x again, unless the kernel reads it in place.
    boolean inPlace = !lanes.overPixels() && params.problem().convolution().isPointwise();
    long wanted = (inPlace ? 12L : 4L) * context().device().info().computeUnits();
    while (range > lanes.filters()
        && pixelTiles * params.groups() * Grid.ceilDiv(params.filters(), range) < wanted) {
      range -= lanes.filters();
    }
    return range;
  }
}
