package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvProblem;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * 1x1 filters as a plain matrix product in f32, all directions: with all pixels in one row, whole
 * vectors are copied wherever their number allows, and nothing depends on a coordinate.
 */
final class PointwiseAlgorithm extends GemmAlgorithm {

  /** What is saved beside a gather. Unmeasured: by the instructions of the inner loop. */
  private static final double GAIN = 1.1;

  PointwiseAlgorithm(Kernels kernels) {
    super("pointwise", kernels, false, null);
  }

  @Override
  @Nullable Refusal operandRefusal(ConvProblem problem) {
    return problem.convolution().isPointwise()
        ? ImplicitGemmAlgorithm.plainRefusal(problem)
        : new Refusal.Unsupported(Aspect.SHAPE, "takes 1x1 filters with stride 1 and no padding");
  }

  @Override
  ConvProblem viewed(ConvProblem problem) {
    return GemmView.flat(problem);
  }

  @Override
  List<GemmTile> shapes(ConvProblem problem) {
    return GemmTile.simple(kernels());
  }

  @Override
  double rate(ConvProblem problem) {
    return GAIN * kernels().gpu().generation().simpleRate();
  }
}
