package dev.conv4j;

import dev.conv4j.internal.EngineCore;
import dev.conv4j.internal.Planner;
import dev.conv4j.internal.Storage;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * A convolution made ready once and run many times: algorithm chosen, kernels compiled, scratch
 * known. Owned by its engine, nothing to close, shared freely between platform and virtual threads;
 * each run takes its own scratch from the pool.
 *
 * <p>Operands by direction: forward {@code (x, w) -> y}; backward-data {@code (dy, w) -> dx};
 * backward-filter {@code (x, dy) -> dw}. A run enqueues; on the CPU it has finished when the call
 * returns, elsewhere {@link Engine#synchronize()} or reading a result waits for it.
 */
public final class ConvPlan {

  private static final System.Logger LOG = System.getLogger("dev.conv4j");

  private final EngineCore core;
  private final ConvProblem problem;
  private final Planner.Choice choice;
  private final String scratchLabel;

  // Computed once: a run checks them all, and its overhead is to stay below two microseconds.
  private final Shape firstShape;
  private final Shape secondShape;
  private final Shape resultShape;
  private final Shape biasShape;

  /** What runs while there is no room for scratch; planned when that first happens. */
  private volatile @Nullable Executable<ConvOperands> lean;

  ConvPlan(EngineCore core, ConvProblem problem, Planner.Choice choice) {
    this.core = core;
    this.problem = problem;
    this.choice = choice;
    this.firstShape = problem.firstShape();
    this.secondShape = problem.secondShape();
    this.resultShape = problem.resultShape();
    this.biasShape = Shape.of(Math.max(1, problem.biasLength()));
    this.scratchLabel =
        "scratch of " + choice.explanation().algorithm() + " for " + problem.convolution();
  }

  /** Returns the problem. */
  public Convolution convolution() {
    return problem.convolution();
  }

  /** Returns the options it was planned with. */
  public ConvOptions options() {
    return problem.options();
  }

  /** Returns the id of the algorithm that runs. */
  public String algorithm() {
    return choice.explanation().algorithm();
  }

  /** Returns how the plan came about. */
  public PlanExplanation explain() {
    return choice.explanation();
  }

  /**
   * Rearranges a filter once for many runs of this plan.
   *
   * @param filter w; not kept
   * @return the packed filter, to be closed by the caller, or for algorithms that read the filter
   *     as it lies a copy
   * @throws InvalidArgumentException if this plan takes no filter, or the tensor does not fit it
   */
  public PackedFilter pack(Tensor filter) {
    if (problem.options().direction() == Direction.BACKWARD_FILTER) {
      throw new InvalidArgumentException(
          "direction", Direction.BACKWARD_FILTER, "one that takes a filter");
    }
    check(
        "filter",
        filter,
        secondShape,
        problem.options().filterType(),
        problem.options().filterLayout());
    Executable<ConvOperands> executable = choice.executable();
    long bytes = executable.packedFilterBytes();
    core.begin();
    try {
      filter.retain();
      try {
        String label = "packed filter of " + problem.convolution();
        Storage packed = core.allocatePacked(bytes > 0 ? bytes : filter.bytes(), label);
        try {
          if (bytes > 0) {
            executable.packFilter(filter.storage().block(), packed.block());
          } else {
            core.memory().copy(filter.storage().block(), packed.block(), filter.bytes());
          }
          return new PackedFilter(executable, packed, core.leaks(), label);
        } catch (RuntimeException | Error failed) {
          packed.release();
          throw failed;
        }
      } finally {
        filter.storage().release();
        Reference.reachabilityFence(filter);
      }
    } finally {
      core.end();
    }
  }

  /** Returns whether {@link #run} takes this packed filter: another plan may have packed it. */
  public boolean accepts(PackedFilter filter) {
    return filter.isPackedBy(choice.executable());
  }

  /**
   * Runs without bias and residual into a fresh tensor, which the caller closes.
   *
   * @param first x, or dy for backward-data
   * @param second w, or dy for backward-filter
   */
  public Tensor run(Tensor first, Tensor second) {
    return run(first, second, null);
  }

  /**
   * Runs into a fresh tensor, which the caller closes; channels outside a range are arbitrary.
   *
   * @param first x, or dy for backward-data
   * @param second w, or dy for backward-filter
   * @param bias one value per result channel, present exactly when the epilogue says so
   */
  public Tensor run(Tensor first, Tensor second, @Nullable Tensor bias) {
    Tensor result = newResult();
    try {
      run(first, second, bias, null, result);
      return result;
    } catch (RuntimeException | Error failed) {
      result.close();
      throw failed;
    }
  }

  /** Returns an uninitialised tensor that fits the result, with all channels around a range. */
  public Tensor newResult() {
    return Tensor.allocate(
        core, resultShape, problem.options().resultType(), problem.resultLayout());
  }

  /**
   * Runs into the caller's tensor.
   *
   * @param first x, or dy for backward-data
   * @param second w, or dy for backward-filter
   * @param bias one value per result channel, present exactly when the epilogue says so
   * @param residual a tensor like the result, present exactly when the epilogue says so; passing
   *     {@code result} accumulates into it
   * @param result y, dx or dw; fully overwritten, or in the options' range of channels, must not
   *     share memory with the other operands
   * @throws InvalidArgumentException naming the operand that does not fit
   * @throws ClosedException if an operand or the engine is closed
   * @throws DeviceOutOfMemoryException if there is no room for scratch even after planning with
   *     less
   */
  public void run(
      Tensor first,
      Tensor second,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor result) {
    boolean backwardFilter = problem.options().direction() == Direction.BACKWARD_FILTER;
    check(
        backwardFilter ? "dy" : "filter",
        second,
        secondShape,
        backwardFilter ? problem.options().outputType() : problem.options().filterType(),
        backwardFilter ? problem.options().layout() : problem.options().filterLayout());
    requireApart(second.storage(), result, "filter");
    checkRest(first, bias, residual, result);
    core.begin();
    try {
      second.retain();
      try {
        runRetaining(first, second.storage().block(), false, bias, residual, result);
      } finally {
        second.storage().release();
        Reference.reachabilityFence(second);
      }
    } finally {
      core.end();
    }
  }

  /**
   * Runs with a filter packed by this plan into the caller's tensor.
   *
   * @param first x, or dy for backward-data
   * @param filter what {@link #pack} returned
   * @param bias one value per result channel, present exactly when the epilogue says so
   * @param residual a tensor like the result, present exactly when the epilogue says so
   * @param result y or dx; fully overwritten, or in the options' range of channels
   * @throws InvalidArgumentException naming the operand that does not fit
   * @throws ClosedException if an operand or the engine is closed
   * @throws DeviceOutOfMemoryException if there is no room for scratch
   */
  public void run(
      Tensor first,
      PackedFilter filter,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor result) {
    if (!filter.isPackedBy(choice.executable())) {
      throw new InvalidArgumentException(
          "filter", "packed by another plan", "one packed by this plan");
    }
    checkRest(first, bias, residual, result);
    core.begin();
    try {
      filter.retain();
      try {
        boolean packed = choice.executable().packedFilterBytes() > 0;
        runRetaining(first, filter.storage().block(), packed, bias, residual, result);
      } finally {
        filter.storage().release();
        Reference.reachabilityFence(filter);
      }
    } finally {
      core.end();
    }
  }

  private void runRetaining(
      Tensor first,
      Block second,
      boolean packed,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor result) {
    Tensor[] used = {
      first, bias == null ? first : bias, residual == null ? first : residual, result
    };
    int retained = 0;
    try {
      while (retained < used.length) {
        used[retained].retain();
        retained++;
      }
      execute(first, second, packed, bias, residual, result);
    } finally {
      while (retained > 0) {
        used[--retained].storage().release();
      }
      Reference.reachabilityFence(used);
    }
  }

  private void execute(
      Tensor first,
      Block second,
      boolean packed,
      @Nullable Tensor bias,
      @Nullable Tensor residual,
      Tensor result) {
    Executable<ConvOperands> executable = choice.executable();
    Allocation scratch = null;
    long bytes = executable.workspaceBytes(packed);
    if (bytes > 0) {
      try {
        scratch = core.memory().allocate(bytes, scratchLabel);
      } catch (DeviceOutOfMemoryException full) {
        executable = withoutScratch(packed, full);
      }
    }
    try {
      executable.run(
          new ConvOperands(
              first.storage().block(),
              second,
              packed,
              block(bias),
              block(residual),
              result.storage().block(),
              scratch == null ? null : scratch.block()));
    } finally {
      if (scratch != null) {
        core.memory().deallocate(scratch);
      }
    }
  }

  /**
   * The last rung of the out-of-memory ladder; a packed filter fits only the algorithm that packed
   * it.
   */
  private Executable<ConvOperands> withoutScratch(boolean packed, DeviceOutOfMemoryException full) {
    if (packed || problem.options().algorithm() != null) {
      throw full;
    }
    Executable<ConvOperands> known = lean;
    if (known != null) {
      return known;
    }
    try {
      Planner.Choice planned = core.planner().plan(problem, 0);
      LOG.log(
          System.Logger.Level.WARNING,
          "{0}: no room for the scratch of {1}; without it {2} runs, which may be slower and round"
              + " differently",
          problem.convolution(),
          algorithm(),
          planned.explanation().algorithm());
      lean = planned.executable();
      return planned.executable();
    } catch (UnsupportedProblemException none) {
      full.addSuppressed(none);
      throw full;
    }
  }

  private static @Nullable Block block(@Nullable Tensor tensor) {
    return tensor == null ? null : tensor.storage().block();
  }

  private void checkRest(
      Tensor first, @Nullable Tensor bias, @Nullable Tensor residual, Tensor result) {
    ConvOptions options = problem.options();
    boolean gradient = options.direction() == Direction.BACKWARD_DATA;
    check(
        gradient ? "dy" : "input",
        first,
        firstShape,
        gradient ? options.outputType() : options.inputType(),
        options.layout());
    check("result", result, resultShape, options.resultType(), problem.resultLayout());
    requireApart(first.storage(), result, "input");
    requirePresence("bias", bias, options.epilogue().bias());
    requirePresence("residual", residual, options.epilogue().residual());
    if (bias != null) {
      check("bias", bias, biasShape, options.biasType(), bias.layout());
      requireApart(bias.storage(), result, "bias");
    }
    if (residual != null) {
      check("residual", residual, resultShape, options.resultType(), problem.resultLayout());
    }
  }

  private void check(String name, Tensor tensor, Shape shape, DType type, Layout layout) {
    if (tensor.core() != core) {
      throw new InvalidArgumentException(
          name,
          tensor + " of another engine (" + tensor.device() + ")",
          "a tensor of the plan's engine");
    }
    if (!tensor.shape().equals(shape)) {
      throw new InvalidArgumentException(
          "shape of " + name, tensor.shape(), shape + " for " + problem.convolution());
    }
    if (tensor.type() != type) {
      throw new InvalidArgumentException(
          "type of " + name, tensor.type().spelling(), type.spelling());
    }
    if (tensor.layout() != layout
        && !(shape.isContiguous(tensor.layout()) && shape.isContiguous(layout))) {
      throw new InvalidArgumentException("layout of " + name, tensor.layout(), layout.toString());
    }
  }

  private static void requireApart(Storage operand, Tensor result, String name) {
    if (operand == result.storage()) {
      throw new InvalidArgumentException(
          "result", "the same memory as " + name, "memory of its own");
    }
  }

  private static void requirePresence(String name, @Nullable Tensor tensor, boolean expected) {
    if ((tensor != null) != expected) {
      throw new InvalidArgumentException(
          name,
          expected ? "missing" : "present",
          expected ? "a tensor, as the epilogue says" : "none, as the epilogue says");
    }
  }
}
