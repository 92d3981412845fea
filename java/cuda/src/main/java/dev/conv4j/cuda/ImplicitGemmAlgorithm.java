package dev.conv4j.cuda;

import dev.conv4j.Border;
import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Implicit GEMM on the CUDA cores in f32, all directions, both layouts. */
final class ImplicitGemmAlgorithm extends GemmAlgorithm {

  private ImplicitGemmAlgorithm(
      String id, Kernels kernels, boolean splits, @Nullable String shape) {
    super(id, kernels, splits, shape);
  }

  /** The one without scratch. */
  static ImplicitGemmAlgorithm whole(Kernels kernels) {
    return new ImplicitGemmAlgorithm("implicit-gemm", kernels, false, null);
  }

  /** The one that splits sums. */
  static ImplicitGemmAlgorithm split(Kernels kernels) {
    return new ImplicitGemmAlgorithm("implicit-gemm-splitk", kernels, true, null);
  }

  /** One tile of the family alone, for tests. */
  static ImplicitGemmAlgorithm only(Kernels kernels, String shape, boolean splits) {
    String id = "implicit-gemm-" + shape + (splits ? "-splitk" : "");
    return new ImplicitGemmAlgorithm(id, kernels, splits, shape);
  }

  /** Returns why the CUDA cores' kernels do not take such operands, or null. */
  static @Nullable Refusal plainRefusal(ConvProblem problem) {
    ConvOptions options = problem.options();
    if (options.inputType() != DType.F32
        || options.filterType() != DType.F32
        || options.outputType() != DType.F32) {
      return new Refusal.Unsupported(Aspect.DTYPE, "takes only f32");
    }
    return problem.convolution().border() == Border.ZEROS
        ? null
        : new Refusal.Unsupported(Aspect.BORDER, "takes only zeros");
  }

  @Override
  @Nullable Refusal operandRefusal(ConvProblem problem) {
    return plainRefusal(problem);
  }

  @Override
  List<GemmTile> shapes(ConvProblem problem) {
    return GemmTile.simple(kernels());
  }

  @Override
  double rate(ConvProblem problem) {
    return kernels().gpu().generation().simpleRate();
  }
}
