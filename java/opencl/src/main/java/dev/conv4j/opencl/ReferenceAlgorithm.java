package dev.conv4j.opencl;

import dev.conv4j.Refusal;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last resort: one work-item for each result element. */
final class ReferenceAlgorithm extends OpenClAlgorithm {

  private static final int GROUP = 64;

  ReferenceAlgorithm(KernelContext context) {
    super("reference", context);
  }

  @Override
  public boolean isReference() {
    return true;
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    return null;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    return new Verdict.Yes(0, seconds(problem, 0.005, operandBytes(problem), 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TuningSpace.fixed(Tuning.NONE);
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("reference", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.plain(problem);
    KernelRun run = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
    CompiledKernel kernel =
        context().programs().kernel(variants(problem, tuning).getFirst(), "reference");
    Grid grid = Grid.items(problem.resultShape().elements(), GROUP);
    return new KernelExecutable(
        0, KernelExecutable.facts(kernel), operands -> run.launch(kernel, grid, operands));
  }
}
