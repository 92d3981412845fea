package dev.conv4j.cuda;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Implicit GEMM on the CUDA cores in f32, all directions, both layouts. Whole, it needs no scratch;
 * split, the sums of a small result with many products are shared out among blocks, and {@code
 * reduce_split} adds the parts in their order.
 */
final class ImplicitGemmAlgorithm extends CudaAlgorithm {

  private final boolean splits;
  private final List<GemmTile> tiles;

  private ImplicitGemmAlgorithm(String id, Kernels kernels, boolean splits, List<GemmTile> tiles) {
    super(id, kernels);
    this.splits = splits;
    this.tiles = tiles;
  }

  /** The one without scratch. */
  static ImplicitGemmAlgorithm whole(Kernels kernels) {
    return new ImplicitGemmAlgorithm("implicit-gemm", kernels, false, GemmTile.simple(kernels));
  }

  /** The one that splits sums. */
  static ImplicitGemmAlgorithm split(Kernels kernels) {
    return new ImplicitGemmAlgorithm(
        "implicit-gemm-splitk", kernels, true, GemmTile.simple(kernels));
  }

  /** One tile of the family alone, for tests. */
  static ImplicitGemmAlgorithm only(Kernels kernels, String shape, boolean splits) {
    return new ImplicitGemmAlgorithm(
        "implicit-gemm-" + shape + (splits ? "-splitk" : ""),
        kernels,
        splits,
        GemmTile.simple(kernels).stream().filter(tile -> tile.shape().equals(shape)).toList());
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    ConvOptions options = problem.options();
    if (options.inputType() != DType.F32
        || options.filterType() != DType.F32
        || options.outputType() != DType.F32) {
      return new Refusal.Unsupported(Aspect.DTYPE, "takes only f32");
    }
    if (problem.convolution().border() != Border.ZEROS) {
      return new Refusal.Unsupported(Aspect.BORDER, "takes only zeros");
    }
    Refusal narrow = narrowIndexRefusal(problem);
    if (narrow != null) {
      return narrow;
    }
    List<GemmView> views = GemmView.of(problem);
    Refusal tooMany = GemmPlan.gridRefusal(views);
    if (tooMany != null) {
      return tooMany;
    }
    return splits ? GemmPlan.splitRefusal(problem, views, tiles) : null;
  }

  @Override
  Verdict.Yes price(ConvProblem problem) {
    GemmPlan plan = plan(problem);
    // A fused multiply-add for each of 128 cores and clock; two thirds of that is what is reached.
    double seconds = plan.seconds(kernels().gpu(), 2 * 128 * 0.66) + operandSeconds(problem);
    return new Verdict.Yes(plan.workspaceBytes(), seconds);
  }

  private double operandSeconds(ConvProblem problem) {
    return 0.3 * seconds(problem, Double.MAX_VALUE, operandBytes(problem), 0);
  }

  private GemmPlan plan(ConvProblem problem) {
    return GemmPlan.choose(kernels().gpu(), problem, tiles, splits);
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    return plan(problem).compile(kernels(), problem);
  }

  /** Whether a direction sums over the batch, so that its sums may be split by it. */
  static boolean sumsOverBatch(ConvProblem problem) {
    return problem.options().direction() == Direction.BACKWARD_FILTER;
  }
}
