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
import dev.conv4j.spi.kernels.Certifier;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tunable;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import dev.conv4j.spi.kernels.TuningStore;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What every algorithm of this backend asks first, and how it is priced. */
abstract class OpenClAlgorithm implements Algorithm<ConvProblem, ConvOperands>, Tunable {

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
  abstract Verdict.Yes price(ConvProblem problem, Tuning tuning);

  /** Makes it ready. */
  abstract Executable<ConvOperands> build(ConvProblem problem, Tuning tuning);

  /** Returns the code it would run, which is what certification and quarantine are about. */
  abstract List<KernelVariant> variants(ConvProblem problem, Tuning tuning);

  /** Returns whether whole numbers come out to the bit. */
  boolean isExact() {
    return true;
  }

  @Override
  public final Verdict check(ConvProblem problem) {
    Refusal common = deviceRefusal(problem);
    if (common == null) {
      common = refusal(problem);
    }
    if (common != null) {
      return new Verdict.No(common);
    }
    Tuning tuning = tuning(problem);
    Refusal quarantine = context.certifier().quarantine(hash(problem, tuning));
    if (quarantine != null) {
      return new Verdict.No(quarantine);
    }
    Verdict.Yes yes = timed(problem, price(problem, tuning));
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
    return compile(problem, tuning(problem));
  }

  @Override
  public final Executable<ConvOperands> compile(ConvProblem problem, Tuning tuning) {
    context
        .certifier()
        .certify(
            id,
            hash(problem, tuning),
            problem,
            isExact() ? 0 : Certifier.ROUNDED,
            tiny -> sameCode(problem, tiny, tuning));
    return build(problem, tuning);
  }

  /** Prepares the code of a problem for a small one; null where that takes other code. */
  private @Nullable Executable<ConvOperands> sameCode(
      ConvProblem problem, ConvProblem tiny, Tuning tuning) {
    boolean same =
        deviceRefusal(tiny) == null
            && refusal(tiny) == null
            && variants(tiny, tuning).equals(variants(problem, tuning));
    return same ? build(tiny, tuning) : null;
  }

  private String hash(ConvProblem problem, Tuning tuning) {
    return variants(problem, tuning).stream()
        .map(context.programs()::hash)
        .collect(Collectors.joining("+"));
  }

  @Override
  public final void keep(ConvProblem problem, TuningStore.Entry entry) {
    context.tunings().put(problem, id, sourceHash(problem), entry);
  }

  /** Returns the measured tile sizes for a problem, or the defaults. */
  private Tuning tuning(ConvProblem problem) {
    TuningSpace space = space(problem);
    TuningStore.Entry entry = measured(problem);
    return entry != null && space.allows(entry.tuning()) ? entry.tuning() : space.defaults();
  }

  private TuningStore.@Nullable Entry measured(ConvProblem problem) {
    return context.tunings().isEmpty()
        ? null
        : context.tunings().find(problem, id, sourceHash(problem));
  }

  private String sourceHash(ConvProblem problem) {
    KernelVariant any = variants(problem, space(problem).defaults()).getFirst();
    return context.programs().sourceHash(any.stem());
  }

  /** Puts a measured time in the place of the modelled one. */
  private Verdict.Yes timed(ConvProblem problem, Verdict.Yes modelled) {
    TuningStore.Entry entry = measured(problem);
    return entry == null
        ? modelled
        : new Verdict.Yes(
            modelled.workspaceBytes(),
            entry.seconds(),
            modelled.errorFactor(),
            modelled.deterministic(),
            Stream.concat(modelled.notes().stream(), Stream.of(entry.remark())).toList());
  }

  private @Nullable Refusal deviceRefusal(ConvProblem problem) {
    ConvOptions options = problem.options();
    if (options.resultRange() != null) {
      return new Refusal.Unsupported(Aspect.LAYOUT, "takes only whole results");
    }
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
