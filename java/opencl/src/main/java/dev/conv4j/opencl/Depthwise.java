package dev.conv4j.opencl;

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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Depthwise convolution, all directions. */
final class Depthwise extends OpenClAlgorithm {

  private static final Tuning DEFAULT = Tuning.of(Map.of("THREAD_Q", 4, "ITEMS", 64));

  Depthwise(KernelContext context) {
    super("depthwise", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (!problem.convolution().isDepthwise()) {
      return new Refusal.Unsupported(Aspect.GROUPS, "as many groups as channels");
    }
    return GatherRules.refusal(problem);
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    double base = context().device().cpu() ? 0.05 : 0.2;
    return new Verdict.Yes(0, seconds(problem, base, operandBytes(problem), 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return new TuningSpace(
        DEFAULT,
        Map.of("THREAD_Q", List.of(1, 2, 4, 8), "ITEMS", List.of(32, 64, 128, 256)),
        List.of(
            new TuningSpace.Constraint(
                "ITEMS is a power of two", t -> Integer.bitCount(t.get("ITEMS")) == 1)));
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("depthwise", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    boolean weights = problem.options().direction() == Direction.BACKWARD_FILTER;
    KernelParams params = weights ? KernelParams.plain(problem) : KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel kernel = context().programs().kernel(variant, "depthwise");
    KernelRun run = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
    int items = variant.tuning().get("ITEMS");
    long channels = params.groups() * params.filters();
    long rows = params.batch() * params.output().d() * params.output().h();
    Grid grid =
        weights
            ? Grid.groups(channels * params.taps(), 1, 1, items, 1)
            : Grid.items(
                channels
                    * rows
                    * Grid.ceilDiv(params.output().w(), variant.tuning().get("THREAD_Q")),
                items);
    return new KernelExecutable(
        0, KernelExecutable.facts(kernel), operands -> run.launch(kernel, grid, operands));
  }
}
