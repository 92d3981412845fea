package dev.conv4j.cuda;

import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.OperatorParams;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.List;
import java.util.Map;

/** The kernels beside convolution, by family; the only place that knows them all. */
final class OperatorAlgorithms {

  /** Threads that join their sums or maxima: LANES in the kernels. */
  private static final int LANES = 32;

  private final Map<ProblemFamily<?, ?>, Algorithm<?, ?>> families;

  OperatorAlgorithms(Kernels kernels) {
    this.families =
        Map.of(
            ConversionProblem.FAMILY,
            new ConversionAlgorithm(kernels),
            PointwiseProblem.FAMILY,
            new OperatorAlgorithm<PointwiseProblem>(
                kernels, "operator-pointwise", OperatorAlgorithms::byElement, true),
            PoolingProblem.FAMILY,
            new OperatorAlgorithm<PoolingProblem>(
                kernels, "operator-pooling", OperatorAlgorithms::byWindow, true),
            ProductProblem.FAMILY,
            new OperatorAlgorithm<ProductProblem>(
                kernels, "operator-product", OperatorAlgorithms::byTile, false),
            LocalResponseProblem.FAMILY,
            new OperatorAlgorithm<LocalResponseProblem>(
                kernels, "operator-local-response", OperatorAlgorithms::byElement, true),
            SoftmaxProblem.FAMILY,
            new OperatorAlgorithm<SoftmaxProblem>(
                kernels, "operator-softmax", OperatorAlgorithms::byRow, false),
            StridedCopyProblem.FAMILY,
            new OperatorAlgorithm<StridedCopyProblem>(
                kernels, "operator-strided-copy", OperatorAlgorithms::byElement, true));
  }

  /** Returns a family's kernels. */
  List<Algorithm<?, ?>> of(ProblemFamily<?, ?> family) {
    Algorithm<?, ?> kernel = families.get(family);
    return kernel == null ? List.of() : List.of(kernel);
  }

  private static long byElement(OperatorProblem problem, KernelVariant variant) {
    return Grid.ceil(OperatorParams.written(problem), variant.threads());
  }

  private static long byWindow(OperatorProblem problem, KernelVariant variant) {
    PoolingProblem pooling = (PoolingProblem) problem;
    boolean wide = pooling.window().product() >= variant.tuning().get("WIDE_TAPS");
    return Grid.ceil(problem.resultElements() * (wide ? LANES : 1), variant.threads());
  }

  private static long byTile(OperatorProblem problem, KernelVariant variant) {
    ProductProblem product = (ProductProblem) problem;
    // The kernel's own test: one column lies as its transposed form does.
    boolean transposed = product.transposedB() || product.n() == 1;
    int columns = transposed ? variant.threads() / LANES : LANES;
    return product.stack()
        * Grid.ceil(product.m(), variant.tuning().get("ROWS"))
        * Grid.ceil(product.n(), columns);
  }

  private static long byRow(OperatorProblem problem, KernelVariant variant) {
    SoftmaxProblem softmax = (SoftmaxProblem) problem;
    return softmax.outer() * softmax.inner();
  }
}
