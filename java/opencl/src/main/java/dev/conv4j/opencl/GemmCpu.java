package dev.conv4j.opencl;

import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.DType;
import dev.conv4j.Layout;
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
final class GemmCpu extends OpenClAlgorithm {

  private final Lanes lanes;

  /**
   * @param lanes what the lanes of a vector are
   */
  GemmCpu(KernelContext context, Lanes lanes) {
    super(lanes.id, context);
    this.lanes = lanes;
  }

  /** What the lanes of a vector are, and with that the kernel and its tiles. */
  enum Lanes {
    /** Filters, whose weights are packed side by side: any layout, stride and border. */
    FILTERS(
        "implicit-gemm-cpu",
        "implicit_gemm_cpu",
        32,
        Tuning.of(Map.of("THREAD_NPQ", 14, "PANELS", 4, "TILE_CRS", 128, "TILE_K", 128)),
        Map.of(
            "THREAD_NPQ", List.of(8, 12, 14),
            "PANELS", List.of(2, 4),
            "TILE_CRS", List.of(128, 256),
            "TILE_K", List.of(64, 128, 256))),
    /** Pixels, which lie side by side in planes: large ones, NCHW. */
    PIXELS(
        "plane-gemm-cpu",
        "plane_gemm_cpu",
        8,
        Tuning.of(Map.of("VECTORS", 3, "TILE_CRS", 192, "TILE_K", 256)),
        Map.of(
            "VECTORS", List.of(2, 3),
            "TILE_CRS", List.of(64, 128, 192, 256),
            "TILE_K", List.of(64, 128, 256)));

    private final String id;
    private final String stem;
    private final int filters;
    private final Tuning defaults;
    private final Map<String, List<Integer>> candidates;

    Lanes(
        String id,
        String stem,
        int filters,
        Tuning defaults,
        Map<String, List<Integer>> candidates) {
      this.id = id;
      this.stem = stem;
      this.filters = filters;
      this.defaults = defaults;
      this.candidates = candidates;
    }

    /** Returns the pixels of one work-item. */
    private long pixels(Tuning tuning) {
      return this == PIXELS
          ? 16L * tuning.get("VECTORS")
          : (long) tuning.get("THREAD_NPQ") * tuning.get("PANELS");
    }
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (usesDoubles(problem)) {
      return new Refusal.Unsupported(Aspect.DTYPE, "anything but f64");
    }
    if (lanes == Lanes.PIXELS && problem.options().layout() != Layout.NCHW) {
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
    long filters = Grid.ceilDiv(params.filters(), lanes.filters) * lanes.filters;
    double products = params.products();
    double fill = (double) params.filters() / filters;
    if (lanes == Lanes.FILTERS) {
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
        * Grid.ceilDiv(params.filters(), lanes.filters)
        * lanes.filters
        * params.products()
        * Float.BYTES;
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return new TuningSpace(lanes.defaults, lanes.candidates, List.of());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant(lanes.stem, problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Packed(problem, tuning);
  }

  /** Filters of one work-item: all the tile allows, but enough items for every core. */
  private int filterRange(KernelParams params, Tuning tuning, long pixelTiles) {
    int range = tuning.get("TILE_K");
    // Each range gathers x again, unless the kernel reads it in place.
    boolean inPlace = lanes == Lanes.FILTERS && params.problem().convolution().isPointwise();
    long wanted = (inPlace ? 12L : 4L) * context().device().info().computeUnits();
    while (range > lanes.filters
        && pixelTiles * params.groups() * Grid.ceilDiv(params.filters(), range) < wanted) {
      range -= lanes.filters;
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
      this.multiply = context().programs().kernel(variant, lanes.stem);
      long pixelTiles = Grid.ceilDiv(params.batch() * params.pixels(), lanes.pixels(tuning));
      int range = filterRange(params, tuning, pixelTiles);
      this.packing = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
      this.multiplying = new KernelRun(context(), params, Float.BYTES, range);
      this.packGrid =
          Grid.groups(
              params.groups() * Grid.ceilDiv(params.filters(), lanes.filters),
              params.taps(),
              1,
              1,
              1);
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
