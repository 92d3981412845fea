package dev.conv4j.cuda;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tunable;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import dev.conv4j.spi.kernels.TuningStore;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What every algorithm of this backend asks first, and how it is priced. */
abstract class CudaAlgorithm implements Algorithm<ConvProblem, ConvOperands>, Tunable {

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

  /** One row leaves most of a large device idle, and is what latency is measured with. */
  @Override
  public final List<Long> rankingBatches() {
    return GemmSearch.RANKING_BATCHES;
  }

  /** Returns why this algorithm does not take a problem the device can hold, or null. */
  abstract @Nullable Refusal refusal(ConvProblem problem);

  /** Returns the price of a problem it takes. */
  abstract Verdict.Yes price(ConvProblem problem, Tuning tuning);

  /** Makes it ready. */
  abstract Executable<ConvOperands> build(ConvProblem problem, Tuning tuning);

  /** Returns the code it would run, which is what certification and quarantine are about. */
  abstract List<KernelVariant> variants(ConvProblem problem, Tuning tuning);

  /** Returns how far from a whole number certification lets an exact one be. */
  double tolerance() {
    return 0;
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return TuningSpace.fixed(Tuning.NONE);
  }

  @Override
  public final Verdict check(ConvProblem problem) {
    Refusal refused = commonRefusal(problem);
    if (refused != null) {
      return new Verdict.No(refused);
    }
    Tuning tuning = tuning(problem);
    Refusal quarantine = kernels.certifier().quarantine(hash(problem, tuning));
    return quarantine != null ? new Verdict.No(quarantine) : timed(problem, price(problem, tuning));
  }

  private @Nullable Refusal commonRefusal(ConvProblem problem) {
    if (problem.options().resultRange() != null) {
      return new Refusal.Unsupported(Aspect.LAYOUT, "takes only whole results");
    }
    return KernelParams.plain(problem).fits()
        ? refusal(problem)
        : new Refusal.Unsupported(Aspect.INDEX_WIDTH, "takes extents below 2^29");
  }

  @Override
  public final Executable<ConvOperands> compile(ConvProblem problem) {
    return compile(problem, tuning(problem));
  }

  @Override
  public final Executable<ConvOperands> compile(ConvProblem problem, Tuning tuning) {
    kernels
        .certifier()
        .certify(
            id,
            hash(problem, tuning),
            problem,
            tolerance(),
            tiny -> sameCode(problem, tiny, tuning));
    return build(problem, tuning);
  }

  /** Prepares the code of a problem for a small one; null where that takes other code. */
  private @Nullable Executable<ConvOperands> sameCode(
      ConvProblem problem, ConvProblem tiny, Tuning tuning) {
    boolean same =
        commonRefusal(tiny) == null && variants(tiny, tuning).equals(variants(problem, tuning));
    return same ? build(tiny, tuning) : null;
  }

  private String hash(ConvProblem problem, Tuning tuning) {
    return kernels.hash(variants(problem, tuning));
  }

  @Override
  public final void keep(ConvProblem problem, TuningStore.Entry entry) {
    kernels.tunings().put(problem, id, kernels.tableHash(), entry);
  }

  /** Returns the measured tile sizes for a problem, or the defaults. */
  private Tuning tuning(ConvProblem problem) {
    TuningStore.Entry entry = measured(problem);
    return entry != null ? entry.tuning() : space(problem).defaults();
  }

  /** What was measured with other options may not be allowed with these; then nothing was. */
  private TuningStore.@Nullable Entry measured(ConvProblem problem) {
    TuningStore.Entry entry =
        kernels.tunings().isEmpty()
            ? null
            : kernels.tunings().find(problem, id, kernels.tableHash());
    return entry != null && space(problem).allows(entry.tuning()) ? entry : null;
  }

  /** Puts a measured time in the place of the modelled one, and says which of them it is. */
  private Verdict.Yes timed(ConvProblem problem, Verdict.Yes modelled) {
    TuningStore.Entry entry = measured(problem);
    String origin =
        entry == null
            ? "tile and time by reasoning for "
                + kernels.gpu().generation().name()
                + ", not measured on this device"
            : entry.remark();
    return new Verdict.Yes(
        modelled.workspaceBytes(),
        entry == null ? modelled.predictedSeconds() : entry.seconds(),
        modelled.errorFactor(),
        modelled.deterministic(),
        Stream.concat(modelled.notes().stream(), Stream.of(origin)).toList());
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
    double peak = rate * gpu.clock() * gpu.info().computeUnits();
    return Math.max(problem.convolution().flops() / peak, traffic / gpu.reachedBandwidth())
        + launches * 4e-6;
  }

  /** Returns by how much blocks that do not fill the device are slower than their share of it. */
  final double idle(double blocks, int threads) {
    int units = kernels.gpu().info().computeUnits();
    return kernels.gpu().generation().waves(blocks, units, threads) * units / blocks;
  }

  /** Returns the bytes of the three tensors. */
  static long operandBytes(ConvProblem problem) {
    ConvOptions options = problem.options();
    return problem.firstShape().bytes(firstType(options))
        + problem.secondShape().bytes(secondType(options))
        + problem.resultShape().bytes(options.resultType());
  }
}
