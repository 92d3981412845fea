package dev.conv4j.cuda;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import org.jspecify.annotations.Nullable;

/** What every algorithm of this backend asks first, and how it is priced. */
abstract class CudaAlgorithm implements Algorithm<ConvProblem, ConvOperands> {

  private final String id;
  private final Kernels kernels;

  CudaAlgorithm(String id, Kernels kernels) {
    this.id = id;
    this.kernels = kernels;
  }

  @Override
  public final String id() {
    return id;
  }

  final Kernels kernels() {
    return kernels;
  }

  /** Returns why this algorithm does not take a problem the device can hold, or null. */
  abstract @Nullable Refusal refusal(ConvProblem problem);

  /** Returns the price of a problem it takes. */
  abstract Verdict.Yes price(ConvProblem problem);

  @Override
  public final Verdict check(ConvProblem problem) {
    if (!KernelParams.plain(problem).fits()) {
      return new Verdict.No(Aspect.INDEX_WIDTH, "takes extents below 2^29");
    }
    Refusal refused = refusal(problem);
    return refused != null ? new Verdict.No(refused) : price(problem);
  }

  static DType firstType(ConvOptions options) {
    return options.direction() == Direction.BACKWARD_DATA
        ? options.outputType()
        : options.inputType();
  }

  static DType secondType(ConvOptions options) {
    return options.direction() == Direction.BACKWARD_FILTER
        ? options.outputType()
        : options.filterType();
  }

  /** Returns why a kernel with 32-bit indices must not run, or null. */
  static @Nullable Refusal narrowIndexRefusal(ConvProblem problem) {
    long largest =
        Math.max(
            problem.firstShape().elements(),
            Math.max(problem.secondShape().elements(), problem.resultShape().elements()));
    return largest > Integer.MAX_VALUE
        ? new Refusal.Unsupported(
            Aspect.INDEX_WIDTH, "tensors below 2^31 elements, this has " + largest)
        : null;
  }

  /**
   * Returns the modelled time: the slower of arithmetic and memory, and the launches.
   *
   * @param rate operations per clock of one multiprocessor, as reached
   * @param traffic bytes moved
   */
  final double seconds(ConvProblem problem, double rate, long traffic, int launches) {
    Gpu gpu = kernels.gpu();
    double clock = gpu.clockKilohertz() > 0 ? 1e3 * gpu.clockKilohertz() : 1.5e9;
    double bandwidth = gpu.bandwidth() > 0 ? 0.8 * gpu.bandwidth() : 5e11;
    double peak = rate * clock * gpu.info().computeUnits();
    return Math.max(problem.convolution().flops() / peak, traffic / bandwidth) + launches * 4e-6;
  }

  /** Returns the bytes of the three tensors. */
  static long operandBytes(ConvProblem problem) {
    ConvOptions options = problem.options();
    return problem.firstShape().bytes(firstType(options))
        + problem.secondShape().bytes(secondType(options))
        + problem.resultShape().bytes(options.resultType());
  }
}
