package dev.conv4j.cuda;

import dev.conv4j.Axes;
import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One input channel for each group, forward and backward-data: bound by memory, no staging. */
final class DepthwiseAlgorithm extends CudaAlgorithm {

  /** Extents of the square filters that are unrolled. */
  private static final Set<Long> UNROLLED = Set.of(3L, 5L);

  DepthwiseAlgorithm(Kernels kernels) {
    super("depthwise", kernels);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    ConvOptions options = problem.options();
    if (options.direction() == Direction.BACKWARD_FILTER) {
      return new Refusal.Unsupported(Aspect.DIRECTION, "does not do backward-filter");
    }
    if (problem.convolution().channelsPerGroup() != 1 || problem.convolution().groups() == 1) {
      return new Refusal.Unsupported(Aspect.GROUPS, "takes one input channel for each group");
    }
    boolean same =
        firstType(options) == secondType(options) && firstType(options) == options.resultType();
    if (!same || type(options) == null) {
      return new Refusal.Unsupported(Aspect.DTYPE, "takes f32, f16 or bf16 alone");
    }
    if (problem.convolution().border() != Border.ZEROS) {
      return new Refusal.Unsupported(Aspect.BORDER, "takes only zeros");
    }
    return narrowIndexRefusal(problem);
  }

  private static @Nullable String type(ConvOptions options) {
    return switch (firstType(options)) {
      case F32 -> "f32";
      case F16 -> "f16";
      case BF16 -> "bf16";
      default -> null;
    };
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    // Bound by memory as a rule.
    return new Verdict.Yes(
        0,
        seconds(
            problem, 0.4 * kernels().gpu().generation().simpleRate(), operandBytes(problem), 1));
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(kernels().variant(variant(problem)));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    CudaKernel kernel = kernels().kernel(variant(problem));
    KernelRun run = new KernelRun(kernels(), params, 1);
    Tuning tile = kernel.variant().tuning();
    long items =
        params.batch()
            * params.groups()
            * params.filters()
            * params.output().d()
            * Grid.ceil(params.output().h(), tile.get("ROWS"))
            * Grid.ceil(params.output().w(), tile.get("THREAD_Q"));
    Grid grid = Grid.items(items, kernel.variant().threads());
    return new KernelExecutable(0, kernel.facts(), operands -> run.launch(kernel, grid, operands));
  }

  private static String variant(ConvProblem problem) {
    KernelParams p = KernelParams.gather(problem);
    boolean plane =
        p.filter().d() == 1
            && p.input().d() == 1
            && p.output().d() == 1
            && p.dilation().equals(Axes.ONES)
            && p.up().equals(Axes.ONES);
    boolean square =
        p.filter().h() == p.filter().w()
            && p.stride().h() == p.stride().w()
            && p.stride().w() <= 2
            && UNROLLED.contains(p.filter().w());
    String name = "depthwise-" + type(problem.options());
    return plane && square && p.channels() == 1 ? name + "-f" + p.filter().w() : name;
  }
}
