package dev.conv4j.opencl;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** 1x1 filters as a plain matrix product, forward and backward-data. */
final class Pointwise extends OpenClAlgorithm {

  Pointwise(KernelContext context) {
    super("pointwise", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (!problem.convolution().isPointwise()) {
      return new Refusal.Unsupported(Aspect.SHAPE, "1x1 filters with stride 1 and no padding");
    }
    return GatherRules.gatherRefusal(problem);
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    double fill = TileShape.fill(tuning, params.filters(), params.batch() * params.pixels());
    double base = context().device().cpu() ? 0.03 : 0.5;
    return new Verdict.Yes(0, seconds(problem, base * fill, operandBytes(problem), 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TileShape.space(context().device());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("pointwise", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel kernel = context().programs().kernel(variant, "pointwise");
    KernelRun run = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
    Grid grid =
        TileShape.grid(
            variant.tuning(), params.filters(), params.batch() * params.pixels(), params.groups());
    return new KernelExecutable(
        0, KernelExecutable.facts(kernel), operands -> run.launch(kernel, grid, operands));
  }
}
