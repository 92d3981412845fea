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

/** The first layer of a network in f32: few channels, whose weights fit shared memory whole. */
final class FewChannelAlgorithm extends CudaAlgorithm {

  private static final String VARIANT = "few-channel";
  private static final int MOST_CHANNELS = 4;

  /** Multiply-adds of the inner loop's instructions, beside those of a GEMM's. */
  private static final double SHARE = 0.7;

  FewChannelAlgorithm(Kernels kernels) {
    super("few-channel", kernels);
  }

  private Tuning tile() {
    return kernels().variant(VARIANT).tuning();
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
    if (p.channels() > MOST_CHANNELS) {
      return new Refusal.Unsupported(Aspect.SHAPE, "takes at most " + MOST_CHANNELS + " channels");
    }
    int most = tile().get("TILE_W") / tile().get("TILE_K");
    if (p.products() > most) {
      return new Refusal.Unsupported(Aspect.SHAPE, "takes filters of at most " + most + " weights");
    }
    Grid grid = grid(p);
    return Math.max(grid.y(), grid.z()) > Grid.MOST_YZ
        ? new Refusal.Unsupported(Aspect.SHAPE, "takes at most " + Grid.MOST_YZ + " groups")
        : narrowIndexRefusal(problem);
  }

  private Grid grid(KernelParams p) {
    int pixels = tile().get("PIXELS") * tile().get("THREADS");
    return new Grid(
        (int) Grid.ceil(p.batch() * p.pixels(), pixels),
        (int) Grid.ceil(p.filters(), tile().get("TILE_K")),
        (int) p.groups());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(kernels().variant(VARIANT));
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams p = KernelParams.gather(problem);
    long padded = Grid.ceil(p.filters(), tile().get("TILE_K")) * tile().get("TILE_K");
    double fill = (double) p.filters() / padded;
    Grid grid = grid(p);
    double blocks = (double) grid.x() * grid.y() * grid.z();
    double rate =
        SHARE
            * fill
            / idle(blocks, tile().get("THREADS"))
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
