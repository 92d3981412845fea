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

/** Explicit im2col and GEMM, run by run of pixels, forward and backward-data. */
final class Im2colGemm extends OpenClAlgorithm {

  /** Scratch a run should not exceed, unless one tile of pixels needs more. */
  private static final long RUN_BYTES = 16L << 20;

  Im2colGemm(KernelContext context) {
    super("im2col-gemm", context);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    return GatherRules.gatherRefusal(problem);
  }

  /** Returns the pixels of one run: whole tiles, as many as the scratch allows. */
  private static int run(KernelParams params, ConvProblem problem, Tuning tuning) {
    long tile = tuning.get("TILE_NPQ");
    long pixel = params.groups() * params.products() * KernelRun.sumBytes(problem.options());
    long all = Grid.ceilDiv(params.batch() * params.pixels(), tile);
    return (int) (tile * Math.clamp(RUN_BYTES / (tile * pixel), 1, all));
  }

  private static long scratch(KernelParams params, ConvProblem problem, Tuning tuning) {
    return params.groups()
        * params.products()
        * run(params, problem, tuning)
        * KernelRun.sumBytes(problem.options());
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    long pixels = params.batch() * params.pixels();
    double fill = TileShape.fill(tuning, params.filters(), pixels);
    double base = context().device().cpu() ? 0.02 : 0.35;
    long columns = 2 * params.groups() * params.products() * pixels * 4;
    long runs = Grid.ceilDiv(pixels, run(params, problem, tuning));
    return new Verdict.Yes(
        scratch(params, problem, tuning),
        seconds(problem, base * fill, operandBytes(problem) + columns, (int) (2 * runs)));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TileShape.space(context().device());
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(context().variant("im2col_gemm", problem, tuning));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    KernelParams params = KernelParams.gather(problem);
    KernelVariant variant = variants(problem, tuning).getFirst();
    CompiledKernel im2col = context().programs().kernel(variant, "im2col");
    CompiledKernel multiply = context().programs().kernel(variant, "im2col_gemm");
    int pixels = Math.toIntExact(params.batch() * params.pixels());
    int run = run(params, problem, tuning);
    KernelRun launches = new KernelRun(context(), params, KernelRun.filterBytes(problem), run);
    Grid gather = Grid.groups(Grid.ceilDiv(run, 16), params.products(), params.groups(), 16, 1);
    Grid product = TileShape.grid(variant.tuning(), params.filters(), run, params.groups());
    return new KernelExecutable(
        scratch(params, problem, tuning),
        KernelExecutable.facts(multiply),
        operands -> {
          OpenClBlock filter = (OpenClBlock) operands.second();
          for (int first = 0; first < pixels; first += run) {
            launches.launch(im2col, gather, operands, filter, first);
            launches.launch(multiply, product, operands, filter, first);
          }
        });
  }
}
