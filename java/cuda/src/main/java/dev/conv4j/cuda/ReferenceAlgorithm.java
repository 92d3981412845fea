package dev.conv4j.cuda;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The last resort: one thread for each result element. */
final class ReferenceAlgorithm extends CudaAlgorithm {

  ReferenceAlgorithm(Kernels kernels) {
    super("reference", kernels);
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
    return new Verdict.Yes(0, seconds(problem, 2, operandBytes(problem), 1));
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    return List.of(kernels().variant(variant(problem.options())));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    CudaKernel kernel = kernels().kernel(variant(problem.options()));
    KernelRun run = new KernelRun(kernels(), KernelParams.plain(problem), 1);
    Grid grid = Grid.items(problem.resultShape().elements(), kernel.variant().threads());
    return new KernelExecutable(0, kernel.facts(), operands -> run.launch(kernel, grid, operands));
  }

  private static String variant(ConvOptions options) {
    boolean doubles =
        options.inputType() == DType.F64
            || options.filterType() == DType.F64
            || options.outputType() == DType.F64;
    String suffix = doubles ? "-f64" : options.inputType().isInteger() ? "-i32" : "";
    return "reference" + suffix;
  }
}
