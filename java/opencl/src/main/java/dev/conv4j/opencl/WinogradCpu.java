package dev.conv4j.opencl;

import dev.conv4j.Border;
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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Winograd F(4x4, 3x3) for devices of type CPU, in one launch: forward and backward-data, NCHW.
 * Reads a packed filter, four times as large as the filter.
 */
final class WinogradCpu extends OpenClAlgorithm {

  private static final int THREAD_K = 32;
  private static final int POINTS = 36;
  private static final long TILES = 14;
  private static final long TILE = 4;

  /** With fewer there is little to save, and little for a tile's rounding errors to vanish in. */
  private static final int LEAST_CHANNELS = 16;

  /** As the CPU backend declares for the same points. */
  private static final double ERROR_FACTOR = 32;

  WinogradCpu(KernelContext context) {
    super("winograd-cpu", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (problem.options().layout() != Layout.NCHW) {
      return new Refusal.Unsupported(Aspect.LAYOUT, "NCHW");
    }
    if (problem.convolution().border() != Border.ZEROS) {
      return new Refusal.Unsupported(Aspect.BORDER, "zeros");
    }
    KernelParams params = KernelParams.gather(problem);
    if (params.channels() < LEAST_CHANNELS) {
      return new Refusal.Unsupported(Aspect.SHAPE, "at least " + LEAST_CHANNELS + " channels");
    }
    if (!reaches(params, 1) || !reaches(params, 2)) {
      return new Refusal.Unsupported(Aspect.SHAPE, "padding below the filter's extent");
    }
    return Winograd.shapeRefusal(problem);
  }

  /**
   * Returns whether every result has a tap inside x. One that has none is zero, to the bit; here it
   * would have its neighbours' rounding errors.
   */
  private static boolean reaches(KernelParams params, int axis) {
    long pad = params.pad().get(axis);
    return pad < params.filter().get(axis)
        && params.output().get(axis) - 1 - pad < params.input().get(axis);
  }

  @Override
  boolean isExact() {
    return false;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    long packed = packedBytes(params);
    long range = filterRange(params, tuning);
    double multiplied = Grid.ceilDiv(params.filters(), THREAD_K) * THREAD_K;
    double fill = fill(params, tuning.get("ROWS")) * params.filters() / multiplied;
    double transforms = range / (range + 5.7) * params.channels() / (params.channels() + 5.6);
    // 36 products stand for 144; their operands come from the second-level cache.
    double efficiency = context().device().cpu() ? 0.4 * 4 * fill * transforms : 0.02;
    return new Verdict.Yes(
        packed,
        seconds(problem, efficiency, operandBytes(problem) + packed, 2),
        ERROR_FACTOR,
        true,
        List.of("rounding error of the transforms; 4 times fewer products", "a NaN spreads"));
  }

  /** Returns the share of the tiles' pixels that are wanted. */
  private static double fill(KernelParams params, int rows) {
    double all = (double) TILES * TILE * TILE * items(params, rows);
    return params.batch() * params.pixels() / all;
  }

  /** Returns the work-items it takes to cover the pixels. */
  private static long items(KernelParams params, int rows) {
    return params.batch()
        * Grid.ceilDiv(params.output().w(), TILES * TILE / rows)
        * Grid.ceilDiv(params.output().h(), TILE * rows);
  }

  /** Filters of one work-item: all the tile allows, but a few items for every core. */
  private int filterRange(KernelParams params, Tuning tuning) {
    int range = tuning.get("TILE_K");
    long wanted = 6L * context().device().info().computeUnits();
    while (range > THREAD_K
        && items(params, tuning.get("ROWS")) * Grid.ceilDiv(params.filters(), range) < wanted) {
      range -= THREAD_K;
    }
    return range;
  }

  private static long packedBytes(KernelParams params) {
    return Grid.ceilDiv(params.filters(), THREAD_K)
        * THREAD_K
        * POINTS
        * params.channels()
        * Float.BYTES;
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    KernelParams params = KernelParams.gather(problem);
    int rows = fill(params, 2) > fill(params, 1) ? 2 : 1;
    return new TuningSpace(
        Tuning.of(Map.of("ROWS", rows, "TILE_C", 64, "TILE_K", 64)),
        Map.of(
            "ROWS", List.of(1, 2),
            "TILE_C", List.of(32, 64, 128),
            "TILE_K", List.of(32, 64, 128)),
        List.of());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("winograd_cpu", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    int range = filterRange(params, tuning);
    return new PackedFilterExecutable(
        context().programs().kernel(variant, "pack_filter"),
        Grid.groups(Grid.ceilDiv(params.filters(), THREAD_K), params.channels(), 1, 1, 1),
        new KernelRun(context(), params, KernelRun.filterBytes(problem), 1),
        packedBytes(params),
        context().programs().kernel(variant, "winograd_cpu"),
        Grid.groups(
            items(params, tuning.get("ROWS")), Grid.ceilDiv(params.filters(), range), 1, 1, 1),
        new KernelRun(context(), params, Float.BYTES, range));
  }
}
