package dev.conv4j.opencl;

import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Implicit GEMM with tiles in local memory, all directions and types. The second form splits long
 * sums over several work-groups and adds the parts in a fixed order, for results too small to fill
 * the device.
 */
final class ImplicitGemm extends OpenClAlgorithm {

  /** Below this many tiles' length a part of a sum is not worth a work-group. */
  private static final int SHORTEST_PART = 4;

  private final boolean splits;

  ImplicitGemm(KernelContext context, boolean splits) {
    super(splits ? "implicit-gemm-splitk" : "implicit-gemm", context);
    this.splits = splits;
  }

  /**
   * The product's extents.
   *
   * @param rows rows of one group
   * @param columns columns
   * @param products length of a sum
   */
  private record Extents(long rows, long columns, long products) {
    static Extents of(ConvProblem problem) {
      KernelParams params = params(problem);
      long pixels = params.batch() * params.pixels();
      return problem.options().direction() == Direction.BACKWARD_FILTER
          ? new Extents(params.filters(), params.products(), pixels)
          : new Extents(params.filters(), pixels, params.products());
    }
  }

  private static KernelParams params(ConvProblem problem) {
    return problem.options().direction() == Direction.BACKWARD_FILTER
        ? KernelParams.plain(problem).withUp(dev.conv4j.Axes.ONES)
        : KernelParams.gather(problem);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    Refusal common = GatherRules.refusal(problem);
    if (common == null && splits && parts(problem, space(problem).defaults()) < 2) {
      return new Refusal.Unsupported(Aspect.SHAPE, "long sums for a small result");
    }
    return common;
  }

  /** Depends on one row of the batch only, so that a row has the same bits alone and in company. */
  private int parts(ConvProblem problem, Tuning tuning) {
    if (!splits) {
      return 1;
    }
    ConvProblem row =
        problem.options().direction() == Direction.BACKWARD_FILTER
            ? problem
            : new ConvProblem(problem.convolution().withBatch(1), problem.options());
    Extents extents = Extents.of(row);
    long tiles =
        Grid.ceilDiv(extents.rows, tuning.get("TILE_K"))
            * Grid.ceilDiv(extents.columns, tuning.get("TILE_NPQ"))
            * problem.convolution().groups();
    long wanted = Grid.ceilDiv(4L * context().device().info().computeUnits(), tiles);
    long most = extents.products / ((long) SHORTEST_PART * tuning.get("TILE_CRS"));
    return Math.clamp(Math.min(wanted, most), 1, 64);
  }

  private long scratch(ConvProblem problem, int parts) {
    Extents extents = Extents.of(problem);
    return parts < 2
        ? 0
        : parts
            * problem.convolution().groups()
            * extents.rows
            * extents.columns
            * KernelRun.sumBytes(problem.options());
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    int parts = Math.max(splits ? 2 : 1, parts(problem, tuning));
    long scratch = scratch(problem, parts);
    Extents extents = Extents.of(problem);
    double fill = TileShape.fill(tuning, extents.rows, extents.columns);
    double base = context().device().cpu() ? 0.02 : 0.4;
    // Fewer tiles than compute units leave some of them idle.
    long groups =
        TileShape.grid(
                tuning, extents.rows, extents.columns, problem.convolution().groups() * parts)
            .groupCount();
    double busy = Math.min(1, (double) groups / context().device().info().computeUnits());
    return new Verdict.Yes(
        scratch,
        seconds(
            problem,
            Math.max(1e-4, base * fill * busy),
            operandBytes(problem) + 2 * scratch,
            parts > 1 ? 2 : 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TileShape.space(context().device());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    List<String> flags = new ArrayList<>();
    if (splits) {
      flags.add("SPLIT");
    }
    if (multipliesBytes(problem) && context().device().hasDotProduct()) {
      flags.add(KernelVariant.DOT4);
    }
    return List.of(
        context().variant("implicit_gemm", problem, tuning, flags.toArray(new String[0])));
  }

  private static boolean multipliesBytes(ConvProblem problem) {
    DType first = KernelContext.firstType(problem.options());
    return (first == DType.I8 || first == DType.U8)
        && KernelContext.secondType(problem.options()) == DType.I8;
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel multiply = context().programs().kernel(variant, "implicit_gemm");
    int parts = Math.max(splits ? 2 : 1, parts(problem, tuning));
    KernelRun run =
        new KernelRun(context(), params(problem), KernelRun.filterBytes(problem), parts);
    Extents extents = Extents.of(problem);
    long groups = problem.convolution().groups();
    Grid grid = TileShape.grid(variant.tuning(), extents.rows, extents.columns, groups * parts);
    if (parts < 2) {
      return new KernelExecutable(
          0, KernelExecutable.facts(multiply), operands -> run.launch(multiply, grid, operands));
    }
    CompiledKernel reduce = context().programs().kernel(variant, "reduce_split");
    Grid sums = Grid.items(groups * extents.rows * extents.columns, 64);
    return new KernelExecutable(
        scratch(problem, parts),
        KernelExecutable.facts(multiply),
        operands -> {
          run.launch(multiply, grid, operands);
          run.launch(reduce, sums, operands);
        });
  }
}
