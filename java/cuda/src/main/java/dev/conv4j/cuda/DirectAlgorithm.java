package dev.conv4j.cuda;

import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Spatial tiles in f32 whose input, halo included, is staged once in shared memory. */
final class DirectAlgorithm extends CudaAlgorithm {

  private static final String VARIANT = "direct";

  /**
   * Multiply-adds of the inner loop's instructions, beside those of a GEMM's, and what waiting for
   * tiles costs that are not fetched ahead.
   */
  private static final double SHARE = 0.4;

  DirectAlgorithm(Kernels kernels) {
    super("direct", kernels);
  }

  private int tile(String name) {
    return kernels().variant(VARIANT).tuning().get(name);
  }

  private long rows() {
    return (long) tile("ITEMS_P") * tile("PIXELS");
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (problem.options().direction() == Direction.BACKWARD_FILTER) {
      return new Refusal.Unsupported(Aspect.DIRECTION, "does not do backward-filter");
    }
    Refusal plain = ImplicitGemmAlgorithm.plainRefusal(problem);
    if (plain != null) {
      return plain;
    }
    KernelParams p = KernelParams.gather(problem);
    long height = (rows() - 1) * p.stride().h() + (p.filter().h() - 1) * p.dilation().h() + 1;
    long width =
        (tile("ITEMS_Q") - 1) * p.stride().w() + (p.filter().w() - 1) * p.dilation().w() + 1;
    long channels = Math.min(tile("TILE_C"), p.channels());
    long weights = channels * p.filter().h() * p.filter().w() * tile("THREAD_K");
    if (channels * height * width > tile("TILE_X") || weights > tile("WEIGHTS")) {
      return new Refusal.Unsupported(
          Aspect.SHAPE, "takes filters and strides whose tiles fit its shared memory");
    }
    Grid grid = grid(p);
    return Math.max(grid.y(), grid.z()) > Grid.MOST_YZ
        ? new Refusal.Unsupported(
            Aspect.SHAPE, "takes at most " + Grid.MOST_YZ + " planes and groups")
        : narrowIndexRefusal(problem);
  }

  private Grid grid(KernelParams p) {
    long planes = p.batch() * p.groups() * p.output().d();
    return new Grid(
        (int) (Grid.ceil(p.output().w(), tile("ITEMS_Q")) * Grid.ceil(p.output().h(), rows())),
        (int) Grid.ceil(p.filters(), tile("THREAD_K")),
        (int) Math.min(planes, Integer.MAX_VALUE));
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(kernels().variant(VARIANT));
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams p = KernelParams.gather(problem);
    Grid grid = grid(p);
    double covered =
        (double) grid.x() * rows() * tile("ITEMS_Q") * grid.y() * tile("THREAD_K") * grid.z();
    double wanted = (double) p.batch() * p.groups() * p.filters() * p.pixels();
    // Products with the zeros between the elements of a strided gradient are computed, too.
    double share = SHARE * wanted / covered / p.up().product();
    double blocks = (double) grid.x() * grid.y() * grid.z();
    double rate =
        share
            / idle(blocks, kernels().variant(VARIANT).threads())
            * kernels().gpu().generation().simpleRate();
    return new Verdict.Yes(0, seconds(problem, rate, operandBytes(problem), 1));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams p = KernelParams.gather(problem);
    CudaKernel kernel = kernels().kernel(VARIANT);
    KernelRun run = new KernelRun(kernels(), p, 1);
    Grid grid = grid(p);
    return new KernelExecutable(0, kernel.facts(), operands -> run.launch(kernel, grid, operands));
  }
}
