package dev.conv4j.opencl;

import dev.conv4j.DType;
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

/** Short sums over few channels, as in a network's first layer; forward and backward-data. */
final class FewChannel extends OpenClAlgorithm {

  private static final int MOST_CHANNELS = 4;
  private static final Tuning DEFAULT =
      Tuning.of(Map.of("TILE_K", 16, "ITEMS", 64, "TILE_W", 4096));

  FewChannel(KernelContext context) {
    super("few-channel", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    KernelParams params = KernelParams.gather(problem);
    if (params.channels() > MOST_CHANNELS) {
      return new Refusal.Unsupported(Aspect.SHAPE, "at most " + MOST_CHANNELS + " channels");
    }
    if (params.products() * DEFAULT.get("TILE_K") > DEFAULT.get("TILE_W")) {
      return new Refusal.Unsupported(
          Aspect.SHAPE,
          "filters of at most " + DEFAULT.get("TILE_W") / DEFAULT.get("TILE_K") + " weights");
    }
    if (KernelRun.sumBytes(problem.options()) > Float.BYTES) {
      return new Refusal.Unsupported(Aspect.DTYPE, "anything but " + DType.F64.spelling());
    }
    return GatherRules.gatherRefusal(problem);
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    long tile = tuning.get("TILE_K");
    double fill = (double) params.filters() / (Grid.ceilDiv(params.filters(), tile) * tile);
    double base = context().device().cpu() ? 0.03 : 0.45;
    return new Verdict.Yes(0, seconds(problem, base * fill, operandBytes(problem), 1));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TuningSpace.fixed(DEFAULT);
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("few_channel", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel kernel = context().programs().kernel(variant, "few_channel");
    KernelRun run = new KernelRun(context(), params, KernelRun.filterBytes(problem), 1);
    int items = variant.tuning().get("ITEMS");
    Grid grid =
        Grid.groups(
            Grid.ceilDiv(params.batch() * params.pixels(), items),
            Grid.ceilDiv(params.filters(), variant.tuning().get("TILE_K")),
            params.groups(),
            items,
            1);
    return new KernelExecutable(
        0, KernelExecutable.facts(kernel), operands -> run.launch(kernel, grid, operands));
  }
}
