package dev.conv4j.cuda;

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
import org.jspecify.annotations.Nullable;

/** One input channel for each group, forward and backward-data: bound by memory, no staging. */
final class DepthwiseAlgorithm extends CudaAlgorithm {

  /** The filter width for which there is a variant that keeps a row in registers. */
  private static final int UNIT_WIDTH = 3;

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
  Verdict.Yes price(ConvProblem problem) {
    // Loads of an element each, most of them from the first cache: an eighth of the arithmetic.
    return new Verdict.Yes(0, seconds(problem, 2 * 128 * 0.125, operandBytes(problem), 1));
  }

  @Override
  public Executable<ConvOperands> compile(ConvProblem problem) {
    KernelParams params = KernelParams.gather(problem);
    boolean unit =
        params.filter().w() == UNIT_WIDTH
            && params.stride().w() == 1
            && params.dilation().w() == 1
            && params.up().w() == 1;
    CudaKernel kernel =
        kernels().kernel("depthwise-" + type(problem.options()) + (unit ? "-unit3" : ""));
    KernelRun run = new KernelRun(kernels(), params, 1);
    long strips = Grid.ceil(params.output().w(), kernel.variant().tuning().get("THREAD_Q"));
    long items =
        params.batch()
            * params.groups()
            * params.filters()
            * params.output().d()
            * params.output().h()
            * strips;
    Grid grid = Grid.items(items, kernel.variant().threads());
    return new KernelExecutable(0, kernel.facts(), operands -> run.launch(kernel, grid, operands));
  }
}
