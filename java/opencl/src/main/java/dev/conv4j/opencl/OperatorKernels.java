package dev.conv4j.opencl;

import dev.conv4j.Activation;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.LocalResponseProblem;
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
            new OperatorKernel<>(
                context,
                "operator_pointwise",
                (PointwiseProblem p) -> p.extents().size(),
                OperatorKernels::params,
                p -> Grid.items(p.resultElements(), OperatorKernel.ITEMS)),
            PoolingProblem.FAMILY,
            new OperatorKernel<>(
                context,
                "operator_pooling",
                (PoolingProblem p) -> 3,
                OperatorKernels::params,
                p -> Grid.items(p.resultElements(), OperatorKernel.ITEMS)),
            ProductProblem.FAMILY,
            new OperatorKernel<>(
                context,
                "operator_product",
                (ProductProblem p) -> 2,
                OperatorKernels::params,
                p -> Grid.groups(p.resultElements(), 1, 1, OperatorKernel.ITEMS, 1)),
            LocalResponseProblem.FAMILY,
            new OperatorKernel<>(
                context,
                "operator_local_response",
                (LocalResponseProblem p) -> 3,
                OperatorKernels::params,
                p -> Grid.items(p.resultElements(), OperatorKernel.ITEMS)),
            SoftmaxProblem.FAMILY,
            new OperatorKernel<>(
                context,
                "operator_softmax",
                (SoftmaxProblem p) -> 3,
                OperatorKernels::params,
                p -> Grid.groups(p.outer() * p.inner(), 1, 1, OperatorKernel.ITEMS, 1)),
            StridedCopyProblem.FAMILY,
            new OperatorKernel<>(
                context,
                "operator_strided_copy",
                (StridedCopyProblem p) -> p.extents().size(),
                OperatorKernels::params,
                p -> Grid.items(count(p), OperatorKernel.ITEMS)));
  }

  /** Returns a family's kernels. */
  List<Algorithm<?, ?>> of(ProblemFamily<?, ?> family) {
    Algorithm<?, ?> kernel = families.get(family);
    return kernel == null ? List.of() : List.of(kernel);
  }

  private static OperatorParams params(PointwiseProblem p) {
    OperatorParams params = new OperatorParams().numbers(p.resultElements()).list(p.extents(), 1);
    for (int i = 0; i < 3; i++) {
      params.list(i < p.strides().size() ? p.strides().get(i) : List.of(), 0);
    }
    Activation last = p.activation();
    return params.integers(code(p.function())).kind(last).reals(last.alpha(), last.beta());
  }

  private static OperatorParams params(PoolingProblem p) {
    return new OperatorParams()
        .numbers(p.resultElements())
        .axes(p.input())
        .axes(p.window())
        .axes(p.stride())
        .axes(p.dilation())
        .axes(p.begin())
        .axes(p.end())
        .axes(p.output())
        .integers(code(p.kind()), 0);
  }

  private static OperatorParams params(ProductProblem p) {
    Activation last = p.activation();
    return new OperatorParams()
        .numbers(p.stack(), p.m(), p.n(), p.k(), p.stepA(), p.stepB())
        .numbers(p.transposedA() ? 1 : p.k(), p.transposedA() ? p.m() : 1)
        .numbers(p.transposedB() ? 1 : p.n(), p.transposedB() ? p.k() : 1)
        .integers(p.bias() ? 1 : 0)
        .kind(last)
        .reals(p.alpha(), last.alpha(), last.beta(), 0);
  }

  private static OperatorParams params(LocalResponseProblem p) {
    return new OperatorParams()
        .numbers(p.resultElements(), p.channels(), p.plane(), p.size())
        .reals(p.alpha() / p.size(), p.beta(), p.bias(), 0);
  }

  private static OperatorParams params(SoftmaxProblem p) {
    return new OperatorParams().numbers(p.length(), p.inner()).integers(p.logarithm() ? 1 : 0, 0);
  }

  private static OperatorParams params(StridedCopyProblem p) {
    return new OperatorParams()
        .numbers(count(p), p.from(), p.to())
        .list(p.extents(), 1)
        .list(p.fromStrides(), 0)
        .list(p.toStrides(), 0)
        .integers(p.extents().size(), 0);
  }

  private static long count(StridedCopyProblem p) {
    return p.extents().stream().reduce(1L, (a, b) -> a * b);
  }

  /** The numbers in operator_pointwise.cl. */
  private static int code(PointwiseProblem.Function function) {
    return switch (function) {
      case COPY -> 0;
      case ADD -> 1;
      case SUBTRACT -> 2;
      case MULTIPLY -> 3;
      case DIVIDE -> 4;
      case MAXIMUM -> 5;
      case MINIMUM -> 6;
      case MULTIPLY_ADD -> 7;
    };
  }

  /** The numbers in operator_pooling.cl. */
  private static int code(PoolingProblem.Kind kind) {
    return switch (kind) {
      case MAX -> 0;
      case AVERAGE -> 1;
      case AVERAGE_WITH_PADDING -> 2;
    };
  }
}
