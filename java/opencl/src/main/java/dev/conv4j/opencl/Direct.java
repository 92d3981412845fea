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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Direct convolution over spatial tiles in local memory, forward and backward-data. */
final class Direct extends OpenClAlgorithm {

  private static final Tuning DEFAULT =
      Tuning.of(Map.of("ITEMS_Q", 16, "ITEMS_P", 4, "THREAD_K", 8, "TILE_C", 4, "TILE_X", 4096));

  Direct(KernelContext context) {
    super("direct", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    KernelParams params = KernelParams.gather(problem);
    long staged = DEFAULT.get("TILE_C") * span(params, 1, "ITEMS_P") * span(params, 2, "ITEMS_Q");
    if (staged > DEFAULT.get("TILE_X")) {
      return new Refusal.Unsupported(
          Aspect.SHAPE, "input tiles of at most " + DEFAULT.get("TILE_X") + " elements");
    }
    if (KernelRun.sumBytes(problem.options()) > Float.BYTES) {
      return new Refusal.Unsupported(Aspect.DTYPE, "anything but f64");
    }
    return GatherRules.gatherRefusal(problem);
  }

  /** Returns the input rows or columns under a tile. */
  private static long span(KernelParams params, int axis, String items) {
    return (DEFAULT.get(items) - 1) * params.stride().get(axis)
        + (params.filter().get(axis) - 1) * params.dilation().get(axis)
        + 1;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    double fill =
        (double) params.output().w()
            / (Grid.ceilDiv(params.output().w(), tuning.get("ITEMS_Q")) * tuning.get("ITEMS_Q"));
    double base = context().device().cpu() ? 0.02 : 0.2;
    return new Verdict.Yes(0, seconds(problem, base * fill, operandBytes(problem), 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TuningSpace.fixed(DEFAULT);
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("direct", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel kernel = context().programs().kernel(variant, "direct");
    KernelRun run = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
    Grid grid =
        Grid.groups(
            Grid.ceilDiv(params.output().w(), tuning.get("ITEMS_Q"))
                * Grid.ceilDiv(params.output().h(), tuning.get("ITEMS_P")),
            Grid.ceilDiv(params.filters(), tuning.get("THREAD_K")),
            params.batch() * params.groups() * params.output().d(),
            tuning.get("ITEMS_Q"),
            tuning.get("ITEMS_P"));
    return new KernelExecutable(
        0, KernelExecutable.facts(kernel), operands -> run.launch(kernel, grid, operands));
  }
}
