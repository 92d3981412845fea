package dev.conv4j.cuda;

import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cuda.GemmSearch.Splits;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution as one matrix product, or one for each phase of a strided gradient. Whole, it needs
 * no scratch; split, the sums of a small result with many products are shared out among blocks, and
 * {@code reduce_split} adds the parts in their order.
 */
abstract class GemmAlgorithm extends CudaAlgorithm {

  private final boolean splits;
  private final @Nullable String shape;

  /**
   * @param id the algorithm's id
   * @param kernels the device's kernels
   * @param splits whether sums are split
   * @param shape the only tile, for tests; or null for all of them
   */
  GemmAlgorithm(String id, Kernels kernels, boolean splits, @Nullable String shape) {
    super(id, kernels);
    this.splits = splits;
    this.shape = shape;
  }

  /** Returns the shapes there are for a problem, largest first. */
  abstract List<GemmTile> shapes(ConvProblem problem);

  /** Returns the operations per clock of one multiprocessor at best. */
  abstract double rate(ConvProblem problem);

  /** Returns why products of such operands are not taken, or null. */
  abstract @Nullable Refusal operandRefusal(ConvProblem problem);

  /** Returns the problem whose products are taken: by default itself. */
  ConvProblem viewed(ConvProblem problem) {
    return problem;
  }

  private List<GemmView> views(ConvProblem problem) {
    return GemmView.of(viewed(problem));
  }

  /** Returns the rounding error as a multiple of the plain bound. */
  double errorFactor(ConvProblem problem) {
    return 1;
  }

  /** Returns remarks for the explanation. */
  List<String> notes(ConvProblem problem) {
    return List.of();
  }

  private List<GemmTile> tiles(ConvProblem problem) {
    return GemmPlan.usable(kernels(), problem, views(problem), shapes(problem)).stream()
        .filter(tile -> shape == null || tile.shape().equals(shape))
        .toList();
  }

  @Override
  final @Nullable Refusal refusal(ConvProblem problem) {
    Refusal refused = operandRefusal(problem);
    if (refused == null) {
      refused = narrowIndexRefusal(problem);
    }
    if (refused != null) {
      return refused;
    }
    List<GemmTile> tiles = tiles(problem);
    if (tiles.isEmpty()) {
      return new Refusal.Unsupported(Aspect.DEVICE, "has no tile for the way the operands lie");
    }
    List<GemmView> views = views(problem);
    Refusal tooMany = GemmPlan.gridRefusal(views);
    return tooMany == null && splits ? GemmPlan.splitRefusal(problem, views, tiles) : tooMany;
  }

  @Override
  public final TuningSpace space(ConvProblem problem) {
    return new GemmSearch(
            kernels().gpu(),
            problem,
            this::views,
            tiles(problem),
            splits ? Splits.ALWAYS : Splits.NEVER,
            rate(problem))
        .space();
  }

  private GemmPlan plan(ConvProblem problem, Tuning tuning) {
    return GemmPlan.of(views(problem), tiles(problem), tuning);
  }

  @Override
  final List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return plan(problem, tuning).variants(kernels(), viewed(problem));
  }

  @Override
  final Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    GemmPlan plan = plan(problem, tuning);
    // What the operands take beside the arithmetic that hides most of it.
    double traffic = 0.3 * seconds(problem, Double.MAX_VALUE, operandBytes(problem), 0);
    return new Verdict.Yes(
        plan.workspaceBytes(),
        plan.seconds(kernels().gpu(), rate(problem)) + traffic,
        errorFactor(problem),
        true,
        notes(problem));
  }

  @Override
  final Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return plan(problem, tuning).compile(kernels(), viewed(problem));
  }

  /** Whether a direction sums over the batch, so that its sums may be split by it. */
  static boolean sumsOverBatch(ConvProblem problem) {
    return problem.options().direction() == Direction.BACKWARD_FILTER;
  }
}
