package dev.conv4j.opencl;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What every algorithm of this backend asks first, and how it is priced. */
abstract class OpenClAlgorithm implements Algorithm<ConvProblem, ConvOperands> {

  private final String id;
  private final KernelContext context;

  OpenClAlgorithm(String id, KernelContext context) {
    this.id = id;
    this.context = context;
  }

  @Override
  public final String id() {
    return id;
  }

  final KernelContext context() {
    return context;
  }

  /** Returns why this algorithm does not take a problem that the device can hold, or null. */
  abstract @Nullable Refusal refusal(ConvProblem problem);

  /** Returns the price of a problem it takes. */
  abstract Verdict.Yes price(ConvProblem problem);

  /** Makes it ready. */
  abstract Executable<ConvOperands> build(ConvProblem problem);

  /** Returns the code it would run, which is what certification and quarantine are about. */
  abstract List<KernelVariant> variants(ConvProblem problem);

  @Override
  public final Verdict check(ConvProblem problem) {
    Refusal common = deviceRefusal(problem);
    if (common == null) {
      common = refusal(problem);
    }
    if (common != null) {
      return new Verdict.No(common);
    }
    Verdict.Yes yes = price(problem);
    long most = context.device().maxAllocation();
    if (yes.workspaceBytes() > most) {
      return new Verdict.No(
          Aspect.DEVICE,
          "needs "
              + yes.workspaceBytes()
              + " bytes of scratch in one piece, the device gives "
              + most);
    }
    return yes;
  }

  @Override
  public final Executable<ConvOperands> compile(ConvProblem problem) {
    return build(problem);
  }

  private @Nullable Refusal deviceRefusal(ConvProblem problem) {
    ConvOptions options = problem.options();
    boolean doubles =
        options.inputType() == DType.F64
            || options.filterType() == DType.F64
            || options.outputType() == DType.F64;
    if (doubles && !context.device().hasDoubles()) {
      return new Refusal.Unsupported(Aspect.DEVICE, "f64 needs cl_khr_fp64, which it lacks");
    }
    if (!KernelParams.plain(problem).fits()) {
      return new Refusal.Unsupported(Aspect.INDEX_WIDTH, "takes extents below 2^29");
    }
    long most = context.device().maxAllocation();
    long largest =
        Math.max(
            problem.firstShape().bytes(KernelContext.firstType(options)),
            Math.max(
                problem.secondShape().bytes(KernelContext.secondType(options)),
                problem.resultShape().bytes(options.resultType())));
    if (largest > most) {
      return new Refusal.Unsupported(
          Aspect.DEVICE,
          "a tensor of " + largest + " bytes exceeds the largest single allocation, " + most);
    }
    return null;
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
   * @param efficiency share of the device's arithmetic peak this algorithm reaches
   * @param traffic bytes moved
   */
  final double seconds(ConvProblem problem, double efficiency, long traffic, int launches) {
    DeviceDescription device = context.device();
    double lanes = device.cpu() ? 32 : 128;
    double peak = device.info().computeUnits() * lanes * 1e9;
    double bandwidth = device.cpu() ? 2e10 : 2e11;
    return Math.max(problem.convolution().flops() / (peak * efficiency), traffic / bandwidth)
        + launches * 5e-6;
  }

  /** Returns the bytes of the three tensors. */
  static long operandBytes(ConvProblem problem) {
    ConvOptions options = problem.options();
    return problem.firstShape().bytes(KernelContext.firstType(options))
        + problem.secondShape().bytes(KernelContext.secondType(options))
        + problem.resultShape().bytes(options.resultType());
  }
}
