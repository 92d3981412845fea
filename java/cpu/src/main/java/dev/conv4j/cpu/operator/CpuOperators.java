package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.List;
import java.util.Map;

/**
 * The kernels of this backend beside convolution, by family; the only place that knows them all.
 */
public final class CpuOperators {

  private final Map<ProblemFamily<?, ?>, List<? extends Algorithm<?, ?>>> families;

  /**
   * @param context threads, and whether there are vectors; without them there are no kernels here
   */
  public CpuOperators(CpuContext context) {
    this.families =
        context.hasVectors()
            ? Map.of(
                PointwiseProblem.FAMILY,
                List.of(
                    operator(
                        "pointwise",
                        PointwiseKernel::takes,
                        "takes only rows that are not all stretched",
                        PointwiseKernel::new,
                        context)),
                PoolingProblem.FAMILY,
                poolings(context),
                ProductProblem.FAMILY,
                List.of(
                    operator(
                        "few-rows",
                        FewRows::takes,
                        "takes only A as it lies, with few rows",
                        FewRows::new,
                        context)),
                LocalResponseProblem.FAMILY,
                List.of(
                    operator(
                        "local-response",
                        problem -> true,
                        "takes everything",
                        LocalResponse::new,
                        context)),
                StridedCopyProblem.FAMILY,
                List.of(
                    operator(
                        "transposition",
                        Transposition::takes,
                        "takes only matrices that are turned",
                        Transposition::new,
                        context)),
                SoftmaxProblem.FAMILY,
                List.of(
                    operator(
                        "softmax",
                        SoftmaxKernel::takes,
                        "takes only softmax over dense rows",
                        SoftmaxKernel::new,
                        context)))
            : Map.of();
  }

  /** The first that takes a problem is the quickest. */
  private static List<? extends Algorithm<?, ?>> poolings(CpuContext context) {
    return List.of(
        operator(
            "plane-mean",
            PlaneMean::takes,
            "takes only the mean of whole planes",
            PlaneMean::new,
            context),
        operator(
            "pixel-maxima",
            PixelMaxima::takes,
            "takes only maxima of small windows over whole vectors of channels, in machine code",
            PixelMaxima::new,
            context),
        operator(
            "pooling",
            PoolingKernel::takes,
            "takes only windows and rows that fit an array",
            PoolingKernel::new,
            context));
  }

  private static <P extends OperatorProblem> CpuOperator<P> operator(
      String id,
      java.util.function.Predicate<P> takes,
      String limit,
      java.util.function.BiFunction<P, CpuContext, CpuOperator.Work> maker,
      CpuContext context) {
    return new CpuOperator<>(id, takes, limit, maker, context);
  }

  /** Returns the kernels of a family, the preferred one first. */
  public List<? extends Algorithm<?, ?>> of(ProblemFamily<?, ?> family) {
    return families.getOrDefault(family, List.of());
  }
}
