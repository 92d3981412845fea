package dev.conv4j.opencl;

import dev.conv4j.Axes;
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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Winograd F(2x2, 3x3) in four launches, forward and backward-data. */
final class Winograd extends OpenClAlgorithm {

  private static final Axes THREE = new Axes(1, 3, 3);
  private static final int PRODUCTS = 16;
  private static final int ITEMS = 16;

  /** Input elements a transform adds up before they are multiplied, in both directions. */
  private static final double ERROR_FACTOR = 8;

  Winograd(KernelContext context) {
    super("winograd", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    Refusal shape = shapeRefusal(problem);
    if (shape == null && new Sizes(KernelParams.gather(problem)).all(true) > Integer.MAX_VALUE) {
      return new Refusal.Unsupported(Aspect.INDEX_WIDTH, "scratch below 2^31 elements");
    }
    return shape;
  }

  /** Returns why no Winograd for 3x3 filters takes a problem, or null. */
  static @Nullable Refusal shapeRefusal(ConvProblem problem) {
    KernelParams params = KernelParams.gather(problem);
    boolean plain =
        params.filter().equals(THREE)
            && params.input().d() == 1
            && params.output().d() == 1
            && params.stride().equals(Axes.ONES)
            && params.dilation().equals(Axes.ONES)
            && params.up().equals(Axes.ONES);
    if (!plain) {
      return new Refusal.Unsupported(Aspect.SHAPE, "3x3 filters with stride and dilation 1");
    }
    if (params.groups() > 1) {
      return new Refusal.Unsupported(Aspect.GROUPS, "one group");
    }
    if (problem.options().inputType().isInteger()
        || KernelRun.sumBytes(problem.options()) > Float.BYTES) {
      return new Refusal.Unsupported(Aspect.DTYPE, "f32, f16 and bf16");
    }
    return GatherRules.gatherRefusal(problem);
  }

  /** Elements of the transformed filter, input and output. */
  private record Sizes(long tiles, long filter, long input, long output) {
    Sizes(KernelParams params) {
      this(
          params.batch()
              * Grid.ceilDiv(params.output().h(), 2)
              * Grid.ceilDiv(params.output().w(), 2),
          params);
    }

    private Sizes(long tiles, KernelParams params) {
      this(
          tiles,
          PRODUCTS * params.filters() * params.channels(),
          PRODUCTS * params.channels() * tiles,
          PRODUCTS * params.filters() * tiles);
    }

    long all(boolean withFilter) {
      return input + output + (withFilter ? filter : 0);
    }
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    Sizes sizes = new Sizes(params);
    double fill = TileShape.fill(tuning, params.filters(), sizes.tiles);
    double base = context().device().cpu() ? 0.02 : 0.4;
    long scratch = Float.BYTES * sizes.all(true);
    // 16 products stand for 36; the tiles' edges take some of that back.
    double seconds = seconds(problem, base * fill * 2, operandBytes(problem) + 2 * scratch, 4);
    return new Verdict.Yes(
        scratch,
        seconds,
        ERROR_FACTOR,
        true,
        List.of("rounding error of the transforms; 2.25 times fewer products"));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TileShape.space(context().device());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("winograd", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Transformed(problem, tuning);
  }

  private final class Transformed implements Executable<ConvOperands> {
    private final Sizes sizes;
    private final KernelRun packing;
    private final KernelRun multiplying;
    private final CompiledKernel pack;
    private final CompiledKernel transformInput;
    private final CompiledKernel multiply;
    private final CompiledKernel transformOutput;
    private final Grid packGrid;
    private final Grid inputGrid;
    private final Grid grid;
    private final Grid outputGrid;

    Transformed(ConvProblem problem, Tuning tuning) {
      KernelParams params = KernelParams.gather(problem);
      KernelVariant variant = variants(problem, tuning).getFirst();
      Programs programs = context().programs();
      this.sizes = new Sizes(params);
      this.packing = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
      this.multiplying = new KernelRun(context(), params, Float.BYTES, 1);
      this.pack = programs.kernel(variant, "pack_filter");
      this.transformInput = programs.kernel(variant, "transform_input");
      this.multiply = programs.kernel(variant, "winograd");
      this.transformOutput = programs.kernel(variant, "transform_output");
      long tileGroups = Grid.ceilDiv(sizes.tiles, ITEMS);
      this.packGrid = Grid.items(params.filters() * params.channels(), ITEMS);
      this.inputGrid = Grid.groups(tileGroups, params.channels(), 1, ITEMS, 1);
      this.grid = TileShape.grid(variant.tuning(), params.filters(), sizes.tiles, PRODUCTS);
      this.outputGrid = Grid.groups(tileGroups, params.filters(), 1, ITEMS, 1);
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      return Float.BYTES * sizes.all(!filterPacked);
    }

    @Override
    public long packedFilterBytes() {
      return Float.BYTES * sizes.filter;
    }

    @Override
    public void packFilter(Block filter, Block packed) {
      pack(filter, packed, 0);
    }

    private void pack(Block filter, Block target, int first) {
      ConvOperands operands = new ConvOperands(filter, filter, false, null, null, target, target);
      packing.launch(pack, packGrid, operands, (OpenClBlock) filter, first);
    }

    @Override
    public void run(ConvOperands operands) {
      OpenClBlock workspace =
          (OpenClBlock) Objects.requireNonNull(operands.workspace(), "workspace");
      OpenClBlock filter = (OpenClBlock) operands.second();
      int first = 0;
      if (!operands.secondPacked()) {
        first = Math.toIntExact(sizes.all(false));
        pack(filter, workspace, first);
        filter = workspace;
      }
      multiplying.launch(transformInput, inputGrid, operands, filter, 0);
      multiplying.launch(multiply, grid, operands, filter, first);
      multiplying.launch(transformOutput, outputGrid, operands, filter, 0);
    }

    @Override
    public Map<String, String> facts() {
      return KernelExecutable.facts(multiply);
    }
  }
}
