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

  private PointwiseAlgorithm(String id, Kernels kernels, boolean splits, @Nullable String shape) {
    super(id, kernels, splits, shape);
  }

  /** The one without scratch. */
  static PointwiseAlgorithm whole(Kernels kernels) {
    return new PointwiseAlgorithm("pointwise", kernels, false, null);
  }

  /** The one that splits sums. */
  static PointwiseAlgorithm split(Kernels kernels) {
    return new PointwiseAlgorithm("pointwise-splitk", kernels, true, null);
  }

  /** One tile of the family alone, for tests. */
  static PointwiseAlgorithm only(Kernels kernels, String shape, boolean splits) {
    String id = "pointwise-" + shape + (splits ? "-splitk" : "");
    return new PointwiseAlgorithm(id, kernels, splits, shape);
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
    return kernels().gpu().generation().simpleRate();
  }
}
