package dev.conv4j.opencl;

import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Block;
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
 * Implicit GEMM for devices of type CPU: wide vectors, no local memory, no barrier. Reads a packed
 * filter; without one it packs into scratch first.
 */
final class ImplicitGemmCpu extends OpenClAlgorithm {

  private static final Tuning DEFAULT =
      Tuning.of(Map.of("THREAD_NPQ", 14, "PANELS", 4, "TILE_CRS", 256, "TILE_K", 128));
  private static final int THREAD_K = 32;

  ImplicitGemmCpu(KernelContext context) {
    super("implicit-gemm-cpu", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (usesDoubles(problem)) {
      return new Refusal.Unsupported(Aspect.DTYPE, "anything but f64");
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
    double lanes =
        (double) params.filters() / (Grid.ceilDiv(params.filters(), THREAD_K) * THREAD_K);
    double efficiency = (context().device().cpu() ? 0.7 : 0.02) * lanes;
    return new Verdict.Yes(
        packedBytes(params),
        seconds(problem, efficiency, operandBytes(problem) + packedBytes(params), 2));
  }

  private static long packedBytes(KernelParams params) {
    return params.groups()
        * Grid.ceilDiv(params.filters(), THREAD_K)
        * THREAD_K
        * params.products()
        * Float.BYTES;
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return new TuningSpace(
        DEFAULT,
        Map.of(
            "THREAD_NPQ", List.of(8, 12, 14),
            "PANELS", List.of(2, 4),
            "TILE_CRS", List.of(128, 256),
            "TILE_K", List.of(64, 128, 256)),
        List.of(
            new TuningSpace.Constraint(
                "a panel's row holds 16 pixels", t -> t.get("THREAD_NPQ") <= 16)));
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("implicit_gemm_cpu", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Packed(problem, tuning);
  }

  /** Filters of one work-item: all the tile allows, but enough items for every core. */
  private int filterRange(KernelParams params, Tuning tuning, long pixelTiles) {
    int range = tuning.get("TILE_K");
    long wanted = 4L * context().device().info().computeUnits();
    while (range > THREAD_K
        && pixelTiles * params.groups() * Grid.ceilDiv(params.filters(), range) < wanted) {
      range -= THREAD_K;
    }
    return range;
  }

  private final class Packed implements Executable<ConvOperands> {
    private final CompiledKernel pack;
    private final CompiledKernel multiply;
    private final KernelRun packing;
    private final KernelRun multiplying;
    private final Grid packGrid;
    private final Grid grid;
    private final long packedBytes;

    Packed(ConvProblem problem, Tuning tuning) {
      KernelParams params = KernelParams.gather(problem);
      KernelVariant variant = variants(problem, tuning).getFirst();
      this.pack = context().programs().kernel(variant, "pack_filter");
      this.multiply = context().programs().kernel(variant, "implicit_gemm_cpu");
      long tileNpq = (long) tuning.get("THREAD_NPQ") * tuning.get("PANELS");
      long pixelTiles = Grid.ceilDiv(params.batch() * params.pixels(), tileNpq);
      int range = filterRange(params, tuning, pixelTiles);
      this.packing = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
      this.multiplying = new KernelRun(context(), params, Float.BYTES, range);
      this.packGrid =
          Grid.groups(
              params.groups() * Grid.ceilDiv(params.filters(), THREAD_K), params.taps(), 1, 1, 1);
      this.grid =
          Grid.groups(pixelTiles, Grid.ceilDiv(params.filters(), range), params.groups(), 1, 1);
      this.packedBytes = packedBytes(params);
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      return filterPacked ? 0 : packedBytes;
    }

    @Override
    public long packedFilterBytes() {
      return packedBytes;
    }

    @Override
    public void packFilter(Block filter, Block packed) {
      packing.launch(
          pack, packGrid, new ConvOperands(filter, filter, false, null, null, packed, packed));
    }

    @Override
    public void run(ConvOperands operands) {
      Block packed = operands.second();
      if (!operands.secondPacked()) {
        packed = java.util.Objects.requireNonNull(operands.workspace(), "workspace");
        packFilter(operands.second(), packed);
      }
      multiplying.launch(multiply, grid, operands, (OpenClBlock) packed);
    }

    @Override
    public Map<String, String> facts() {
      return KernelExecutable.facts(multiply);
    }
  }
}
