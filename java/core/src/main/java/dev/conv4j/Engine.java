package dev.conv4j;

import dev.conv4j.internal.Backends;
import dev.conv4j.internal.EngineCore;
import dev.conv4j.internal.PlanCache;
import dev.conv4j.memory.MemoryStatistics;
import dev.conv4j.memory.WatchedHandle;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An opened device: its tensors, its plans, its memory. Thread-safe. Closing it closes everything
 * made by it; a run still going on in another thread ends first, and later uses throw {@link
 * ClosedException}.
 *
 * <pre>{@code
 * try (Engine engine = Engine.open();
 *     Tensor x = engine.tensor(Shape.of(1, 3, 224, 224), pixels);
 *     Tensor w = engine.tensor(Shape.of(64, 3, 7, 7), weights);
 *     Tensor y = engine.conv2d(x, w, null, 2, 3, 1, 1)) {
 *   float[] result = y.toFloatArray();
 * }
 * }</pre>
 */
public final class Engine implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("dev.conv4j");
  private static final int PLANS = 1024;

  private final EngineCore core;
  private final PlanCache<ConvProblem, ConvPlan> plans = new PlanCache<>(PLANS);

  /** Takes over an opened device. */
  Engine(EngineCore core) {
    this.core = core;
  }

  /**
   * Returns every backend with its devices, or the one-line reason why it is absent; preferred ones
   * first.
   */
  public static List<BackendReport> devices() {
    return Backends.report();
  }

  /**
   * Opens the device the environment variable CONV4J_DEVICE names, else the best usable one.
   *
   * @throws DeviceAbsentException if there is none
   */
  public static Engine open() {
    return open(EngineOptions.DEFAULT);
  }

  /**
   * Opens a device.
   *
   * @param device {@code backend} or {@code backend:index}, for example {@code cpu} or {@code
   *     opencl:1}
   * @throws DeviceAbsentException if this machine does not have it
   * @throws InvalidArgumentException if there is no such backend
   */
  public static Engine open(String device) {
    return open(EngineOptions.DEFAULT.withDevice(device));
  }

  /**
   * Opens a device.
   *
   * @param options which one, and how
   * @throws DeviceAbsentException if this machine does not have it
   * @throws InvalidArgumentException if there is no such backend
   */
  public static Engine open(EngineOptions options) {
    String device = options.device() != null ? options.device() : System.getenv("CONV4J_DEVICE");
    Backends.Found found = Backends.find(device);
    Device opened = found.provider().open(found.index(), options.settings());
    try {
      return new Engine(new EngineCore(opened, options));
    } catch (RuntimeException | Error failed) {
      opened.close();
      throw failed;
    }
  }

  EngineCore core() {
    return core;
  }

  /** Returns what the device is. */
  public DeviceInfo device() {
    return core.device().info();
  }

  /** Returns the state of the engine's memory. */
  public MemoryStatistics memory() {
    return core.memory().statistics();
  }

  /** Gives pooled memory that is not in use back to the device. */
  public void trim() {
    guarded(core::trim);
  }

  /** Lets the peaks in {@link #memory()} start again from the present state. */
  public void resetMemoryPeaks() {
    core.memory().resetPeaks();
  }

  /**
   * Returns the tensors and packed filters that are open, newest first; empty at leak level {@code
   * OFF}. At {@code PARANOID} each with the place where it was made.
   */
  public List<WatchedHandle> openHandles() {
    return core.leaks().open();
  }

  /** Waits until everything enqueued has finished. */
  public void synchronize() {
    guarded(core.device()::synchronize);
  }

  /**
   * Makes ready what takes long when it is first needed: on the CPU, has the JVM compile the inner
   * loops, which would run at a hundredth of their speed until then. Worth it before the first
   * large convolution of a process, best on a thread beside other preparations; a session of a
   * network does it by itself. Takes three seconds at most, and nothing the second time.
   */
  public void warmUp() {
    guarded(core.device()::warmUp);
  }

  /**
   * Returns whether a first large run is so much slower without {@link #warmUp} that waiting for it
   * pays: on a CPU whose innermost loops the JVM has to compile first.
   */
  public boolean needsWarmUp() {
    return core.device().needsWarmUp();
  }

  /**
   * Measures the operations for each second that the device attains at most with multiply-adds
   * (counted as 2) on operands of one type: what a percent of peak refers to. Takes a fraction of a
   * second, during which this engine should be idle. Empty when the device cannot tell.
   */
  public OptionalDouble measurePeakFlops(DType type) {
    core.begin();
    try {
      return core.device().measurePeakFlops(type);
    } finally {
      core.end();
    }
  }

  /** Does items from 0 on the engine's threads, in any order; returns when all are done. */
  public void parallel(long items, LongConsumer item) {
    guarded(() -> core.device().parallel(items, item));
  }

  private void guarded(Runnable action) {
    core.begin();
    try {
      action.run();
    } finally {
      core.end();
    }
  }

  /**
   * Returns a row-major f32 tensor with these elements.
   *
   * @param shape the logical shape
   * @param values one for each element
   */
  public Tensor tensor(Shape shape, float... values) {
    return filled(tensor(shape, DType.F32), MemorySegment.ofArray(values), DType.F32);
  }

  private static Tensor filled(Tensor fresh, MemorySegment values, DType type) {
    try {
      return fresh.copyFrom(values, type);
    } catch (RuntimeException | Error failed) {
      fresh.close();
      throw failed;
    }
  }

  /** Returns an uninitialised row-major tensor. */
  public Tensor tensor(Shape shape, DType type) {
    return tensor(shape, type, Layout.NCHW);
  }

  /**
   * Returns an uninitialised tensor.
   *
   * @throws DeviceOutOfMemoryException if there is no room for it
   */
  public Tensor tensor(Shape shape, DType type, Layout layout) {
    return Tensor.allocate(core, shape, type, layout);
  }

  /**
   * Covers the caller's memory without copying it. The caller keeps it alive, and in place, until
   * the tensor is closed and its last run has ended.
   *
   * @param memory exactly the tensor's bytes, in the layout's order; native memory usable from any
   *     thread
   * @param shape the logical shape
   * @param type the element type
   * @param layout the memory order
   * @throws InvalidArgumentException if the size differs or this device cannot use that memory in
   *     place
   */
  public Tensor wrap(MemorySegment memory, Shape shape, DType type, Layout layout) {
    Tensor.requireLayout(shape, layout);
    if (memory.byteSize() != shape.bytes(type)) {
      throw new InvalidArgumentException(
          "memory",
          memory.byteSize() + " bytes",
          shape.bytes(type) + " bytes for " + shape + " " + type.spelling());
    }
    core.begin();
    try {
      return new Tensor(core, core.wrap(core.device().wrap(memory)), shape, type, layout);
    } finally {
      core.end();
    }
  }

  /**
   * Plans a convolution, or returns the plan made for the same problem and options before. Nothing
   * is run or searched.
   *
   * @throws UnsupportedProblemException if nothing the options allow can run it
   */
  public ConvPlan plan(Convolution convolution, ConvOptions options) {
    core.begin();
    try {
      return plans.get(new ConvProblem(convolution, options), this::makePlan);
    } finally {
      core.end();
    }
  }

  /** Plans a forward convolution with {@link ConvOptions#DEFAULT}. */
  public ConvPlan plan(Convolution convolution) {
    return plan(convolution, ConvOptions.DEFAULT);
  }

  private ConvPlan makePlan(ConvProblem problem) {
    problem.options().requireFits(problem.convolution());
    long cap = Math.min(problem.options().workspaceCap(), core.memoryLimit());
    ConvPlan plan = new ConvPlan(core, problem, core.planner().plan(problem, cap));
    boolean unasked = plan.explain().reference() && problem.options().algorithm() == null;
    if (unasked && problem.options().fallback() == FallbackPolicy.WARN) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} {1} {2} runs on the slow reference algorithm of {3}: no fast kernel takes it",
          problem.convolution(),
          problem.options().direction(),
          problem.options().inputType().spelling(),
          device().id());
    }
    return plan;
  }

  /**
   * Convolves in one call: plans (or finds the plan), allocates the result and runs.
   *
   * @param x input, [N, C, H, W]
   * @param w filter, [K, C/groups, R, S]
   * @param bias [K], or null
   * @param stride on both axes
   * @param padding at all four sides
   * @param dilation on both axes
   * @param groups groups
   * @return y, [N, K, P, Q], closed by the caller
   */
  public Tensor conv2d(
      Tensor x,
      Tensor w,
      @Nullable Tensor bias,
      long stride,
      long padding,
      long dilation,
      long groups) {
    return convolve(2, x, w, bias, stride, padding, dilation, groups);
  }

  /** As {@link #conv2d}, with one spatial axis: x [N, C, W], w [K, C/groups, S]. */
  public Tensor conv1d(
      Tensor x,
      Tensor w,
      @Nullable Tensor bias,
      long stride,
      long padding,
      long dilation,
      long groups) {
    return convolve(1, x, w, bias, stride, padding, dilation, groups);
  }

  /** As {@link #conv2d}, with three spatial axes: x [N, C, D, H, W], w [K, C/groups, T, R, S]. */
  public Tensor conv3d(
      Tensor x,
      Tensor w,
      @Nullable Tensor bias,
      long stride,
      long padding,
      long dilation,
      long groups) {
    return convolve(3, x, w, bias, stride, padding, dilation, groups);
  }

  private Tensor convolve(
      int rank,
      Tensor x,
      Tensor w,
      @Nullable Tensor bias,
      long stride,
      long padding,
      long dilation,
      long groups) {
    Calls.requireRank("x", x, rank);
    Calls.requireRank("w", w, rank);
    Convolution convolution =
        Calls.spec(x, stride, padding, dilation, groups)
            .filters(w.shape().dim(0))
            .filter(Calls.space(w.shape()))
            .build();
    ConvOptions options = Calls.options(x, w, bias).build();
    return plan(convolution, options).run(x, w, bias);
  }

  /**
   * Transposed convolution in one call, with the parameters of PyTorch's {@code conv_transpose2d}.
   *
   * @param x input, [N, C, H, W]
   * @param w filter, [C, K/groups, R, S]
   * @param bias [K], or null
   * @param stride on both axes
   * @param padding at all four sides of the result
   * @param outputPadding extra rows and columns at the end
   * @param dilation on both axes
   * @param groups groups
   * @return y, [N, K, P, Q], closed by the caller
   */
  public Tensor convTranspose2d(
      Tensor x,
      Tensor w,
      @Nullable Tensor bias,
      long stride,
      long padding,
      long outputPadding,
      long dilation,
      long groups) {
    Calls.requireRank("x", x, 2);
    Calls.requireRank("w", w, 2);
    if (groups < 1 || groups > x.shape().dim(1)) {
      throw new InvalidArgumentException(
          "groups", groups, "1 to the input's channels (" + x.shape().dim(1) + ")");
    }
    Convolution twin =
        Calls.spec(x, stride, padding, dilation, groups)
            .filters(w.shape().dim(1) * groups)
            .filter(Calls.space(w.shape()))
            .buildTransposed(outputPadding);
    ConvOptions options = Calls.options(x, w, bias).direction(Direction.BACKWARD_DATA).build();
    return plan(twin, options).run(x, w, bias);
  }

  /**
   * Closes the engine and releases the device, now or when the last run has ended. A second call
   * does nothing.
   */
  @Override
  public void close() {
    core.close();
  }
}
