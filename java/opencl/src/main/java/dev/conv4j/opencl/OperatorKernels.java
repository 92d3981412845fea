package dev.conv4j.opencl;

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
final class OperatorKernels {

  private final Map<ProblemFamily<?, ?>, Algorithm<?, ?>> families;

  OperatorKernels(KernelContext context) {
    this.families =
        Map.of(
            ConversionProblem.FAMILY,
            new Conversion(context),
            PointwiseProblem.FAMILY,
            new OperatorKernel<PointwiseProblem>(
                context, "operator_pointwise", OperatorKernels::byElement),
            PoolingProblem.FAMILY,
            new OperatorKernel<PoolingProblem>(
                context, "operator_pooling", OperatorKernels::byElement),
            ProductProblem.FAMILY,
            new OperatorKernel<ProductProblem>(
                context, "operator_product", p -> groups(p.resultElements())),
            LocalResponseProblem.FAMILY,
            new OperatorKernel<LocalResponseProblem>(
                context, "operator_local_response", OperatorKernels::byElement),
            SoftmaxProblem.FAMILY,
            new OperatorKernel<SoftmaxProblem>(context, "operator_softmax", OperatorKernels::byRow),
            StridedCopyProblem.FAMILY,
            new OperatorKernel<StridedCopyProblem>(
                context, "operator_strided_copy", OperatorKernels::byElement));
  }

  /** Returns a family's kernels. */
  List<Algorithm<?, ?>> of(ProblemFamily<?, ?> family) {
    Algorithm<?, ?> kernel = families.get(family);
    return kernel == null ? List.of() : List.of(kernel);
  }

  private static Grid byElement(OperatorProblem problem) {
    return Grid.items(OperatorParams.written(problem), OperatorKernel.ITEMS);
  }

  private static Grid byRow(OperatorProblem problem) {
    SoftmaxProblem softmax = (SoftmaxProblem) problem;
    return groups(softmax.outer() * softmax.inner());
  }

  private static Grid groups(long count) {
    return Grid.groups(count, 1, 1, OperatorKernel.ITEMS, 1);
  }
}
