package dev.conv4j.spi.kernels;

import dev.conv4j.ConvOptions;
import dev.conv4j.DType;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Shape;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.MemoryResource;
import dev.conv4j.spi.operator.ConversionProblem;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * First use of a kernel on a device: it computes a small problem in whole numbers, and every
 * element must be exact. A kernel that fails is quarantined for this device, this driver and this
 * very code, and stays so in later processes; a new driver gets a new chance. Drivers have given
 * wrong results on real devices often enough (CLBlast's issues 533 and 542 among them).
 * Thread-safe.
 */
public final class Certifier {

  /**
   * Slack for code that rounds where whole numbers go in, as transforms with fractions do: a wrong
   * index is still off by whole numbers.
   */
  public static final double ROUNDED = 0.25;

  private static final System.Logger LOG = System.getLogger("dev.conv4j");
  private static final String FILE = "certified.jsonl";
  private static final String GOOD = "good";
  private static final byte UNWRITTEN = (byte) 0xff;

  private final DeviceInfo device;
  private final MemoryResource memory;
  private final CacheDirectory store;
  private final Map<String, String> verdicts = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();

  /**
   * @param device the device
   * @param memory its raw memory
   * @param store where verdicts are kept
   */
  public Certifier(DeviceInfo device, MemoryResource memory, CacheDirectory store) {
    this.device = device;
    this.memory = memory;
    this.store = store;
    store
        .read(FILE)
        .ifPresent(content ->
            new String(content, StandardCharsets.UTF_8)
                .lines()
                .map(JsonLine::parse)
                .flatMap(Optional::stream)
                .forEach(this::remember));
  }

  private void remember(Map<String, String> line) {
    String kernel = line.get("kernel");
    String verdict = line.get("verdict");
    if (device.name().equals(line.get("device"))
        && device.driver().equals(line.get("driver"))
        && kernel != null
        && verdict != null) {
      verdicts.put(kernel, verdict);
    }
  }

  /**
   * Returns why a kernel must not run, or null.
   *
   * @param hash identifies its code
   */
  public Refusal.@Nullable Quarantined quarantine(String hash) {
    String verdict = verdicts.get(hash);
    return verdict == null || verdict.equals(GOOD) ? null : new Refusal.Quarantined(verdict);
  }

  /** Certifies a kernel that is exact on whole numbers, with a slack of 0. */
  public void certify(
      String name,
      String hash,
      ConvProblem problem,
      Function<ConvProblem, @Nullable Executable<ConvOperands>> maker) {
    certify(name, hash, problem, 0, maker);
  }

  /**
   * Certifies a kernel unless that was done before, here or in an earlier process.
   *
   * @param name the kernel's name, for messages
   * @param hash identifies its code
   * @param problem what it is about to be used for
   * @param slack how far from a whole number its sums may be: 0, or {@link #ROUNDED}
   * @param maker prepares the same code for a smaller problem, or returns null where it cannot
   * @throws KernelRejectedException if it does not build or is wrong
   */
  public void certify(
      String name,
      String hash,
      ConvProblem problem,
      double slack,
      Function<ConvProblem, @Nullable Executable<ConvOperands>> maker) {
    certify(name, hash, () -> examine(name, problem, slack, maker));
  }

  /**
   * Certifies an operator's kernel, likewise.
   *
   * @param name the kernel's name, for messages
   * @param hash identifies its code
   * @param problem what it is about to be used for
   * @param maker prepares the same code for another problem of the family
   * @throws KernelRejectedException if it does not build or is wrong
   */
  public void certify(
      String name,
      String hash,
      OperatorProblem problem,
      Function<OperatorProblem, Executable<OperatorOperands>> maker) {
    certify(name, hash, () -> examine(problem, maker));
  }

  /** Certifies a conversion's kernel, likewise; {@code maker} prepares it for a small tensor. */
  public void certify(
      String name,
      String hash,
      ConversionProblem problem,
      Function<ConversionProblem, Executable<OperatorOperands>> maker) {
    ConversionProblem tiny =
        new ConversionProblem(
            Shape.of(2, 5, 3, 7), problem.from(), Layout.NCHW, problem.to(), Layout.NHWC);
    certify(name, hash, () -> Objects.requireNonNullElse(run(tiny, maker.apply(tiny)), GOOD));
  }

  private void certify(String name, String hash, Supplier<@Nullable String> examination) {
    if (GOOD.equals(verdicts.get(hash))) {
      return;
    }
    lock.lock();
    try {
      boolean known = verdicts.containsKey(hash);
      String verdict = known ? verdicts.get(hash) : examination.get();
      if (!known && verdict != null) {
        record(name, hash, verdict);
      }
      if (verdict != null && !verdict.equals(GOOD)) {
        var rejected = new KernelRejectedException(name, new Refusal.Quarantined(verdict));
        if (!known) {
          LOG.log(System.Logger.Level.WARNING, device.id() + ": " + rejected.getMessage());
        }
        throw rejected;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the verdict, or null where no small problem runs the code. */
  private @Nullable String examine(
      String name,
      ConvProblem problem,
      double slack,
      Function<ConvProblem, @Nullable Executable<ConvOperands>> maker) {
    for (ConvProblem tiny : TinyProblem.of(problem)) {
      Executable<ConvOperands> executable = maker.apply(tiny);
      if (executable != null) {
        String wrong = run(tiny, executable, slack);
        return wrong == null ? GOOD : wrong;
      }
    }
    LOG.log(System.Logger.Level.DEBUG, "no small problem runs {0}", name);
    return null;
  }

  private String examine(
      OperatorProblem problem, Function<OperatorProblem, Executable<OperatorOperands>> maker) {
    for (TinyOperator tiny : TinyOperator.of(problem)) {
      String wrong = run(tiny, maker.apply(tiny.problem()));
      if (wrong != null) {
        return wrong;
      }
    }
    return GOOD;
  }

  private void record(String name, String hash, String verdict) {
    verdicts.put(hash, verdict);
    Map<String, String> line = new LinkedHashMap<>();
    line.put("device", device.name());
    line.put("driver", device.driver());
    line.put("name", name);
    line.put("kernel", hash);
    line.put("verdict", verdict);
    store.append(FILE, JsonLine.format(line));
  }

  /** Returns what is wrong with a result, or null. */
  private @Nullable String run(
      ConvProblem problem, Executable<ConvOperands> executable, double slack) {
    ConvOptions options = problem.options();
    boolean backwardData = options.direction() == Direction.BACKWARD_DATA;
    boolean backwardFilter = options.direction() == Direction.BACKWARD_FILTER;
    DType firstType = backwardData ? options.outputType() : options.inputType();
    DType secondType = backwardFilter ? options.outputType() : options.filterType();
    Layout secondLayout = backwardFilter ? options.layout() : options.filterLayout();
    Layout resultLayout = problem.resultLayout();
    Shape result = problem.resultShape();
    SplittableRandom random = new SplittableRandom(1);
    int xZero = options.quantization().inputZero();
    int wZero = options.quantization().filterZero(0);
    double[] first = fitting(values(random, problem.firstShape()), xZero, firstType);
    double[] second = fitting(values(random, problem.secondShape()), wZero, secondType);
    double[] bias = values(random, Shape.of(Math.max(1, problem.biasLength())));
    double[] residual = values(random, result);
    double[] want = HostLoop.result(problem, first, second, bias, residual);
    List<Allocation> owned = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Upload up = new Upload(arena, owned);
      var x = up.block(first, xZero, problem.firstShape(), firstType, options.layout());
      var w = up.block(second, wZero, problem.secondShape(), secondType, secondLayout);
      var b = up.block(bias, 0, Shape.of(bias.length), options.biasType(), Layout.NCHW);
      var z = up.block(residual, 0, result, options.resultType(), resultLayout);
      var y = up.fresh(result.bytes(options.resultType()));
      memory.fill(y.block(), UNWRITTEN);
      long scratch = executable.workspaceBytes(false);
      executable.run(
          new ConvOperands(
              x.block(),
              w.block(),
              false,
              options.epilogue().bias() ? b.block() : null,
              options.epilogue().residual() ? z.block() : null,
              y.block(),
              scratch == 0 ? null : up.fresh(scratch).block()));
      MemorySegment host = arena.allocate(result.bytes(options.resultType()), 8);
      memory.download(y.block(), host);
      return difference(problem, want, host, resultLayout, slack);
    } finally {
      owned.forEach(memory::deallocate);
    }
  }

  /** Returns what is wrong with an operator's result, or null. */
  private @Nullable String run(TinyOperator tiny, Executable<OperatorOperands> executable) {
    List<Allocation> owned = new ArrayList<>();
    long bytes = tiny.problem().resultElements() * Float.BYTES;
    try (Arena arena = Arena.ofShared()) {
      Upload up = new Upload(arena, owned);
      List<Block> inputs = new ArrayList<>();
      for (double[] input : tiny.inputs()) {
        Shape shape = Shape.of(input.length);
        inputs.add(up.block(input, 0, shape, DType.F32, Layout.NCHW).block());
      }
      Block y = up.fresh(bytes).block();
      memory.fill(y, UNWRITTEN);
      executable.run(new OperatorOperands(inputs, y));
      MemorySegment host = arena.allocate(bytes, 8);
      memory.download(y, host);
      for (int i = 0; i < tiny.expected().length; i++) {
        double found = DType.F32.load(host, i);
        double expected = tiny.expected()[i];
        if (!(Math.abs(found - expected) <= tiny.slack())) {
          return "wrong on " + tiny.problem() + ": " + found + " instead of " + expected;
        }
      }
      return null;
    } finally {
      owned.forEach(memory::deallocate);
    }
  }

  /** Returns what is wrong with a conversion's result, or null. */
  private @Nullable String run(ConversionProblem tiny, Executable<OperatorOperands> executable) {
    double[] values = fitting(values(new SplittableRandom(1), tiny.shape()), 0, tiny.from());
    double[] want = fitting(values.clone(), 0, tiny.to());
    List<Allocation> owned = new ArrayList<>();
    try (Arena arena = Arena.ofShared()) {
      Upload up = new Upload(arena, owned);
      Block x = up.block(values, 0, tiny.shape(), tiny.from(), tiny.fromLayout()).block();
      MemorySegment host = arena.allocate(tiny.shape().bytes(tiny.to()), 8);
      Block y = up.fresh(host.byteSize()).block();
      memory.fill(y, UNWRITTEN);
      executable.run(new OperatorOperands(List.of(x), y));
      memory.download(y, host);
      long[] places = places(tiny.shape(), tiny.toLayout());
      for (int i = 0; i < want.length; i++) {
        double found = tiny.to().load(host, places[i]);
        if (found != want[i]) {
          return "wrong on " + tiny + ": " + found + " instead of " + want[i];
        }
      }
      return null;
    } finally {
      owned.forEach(memory::deallocate);
    }
  }

  private static @Nullable String difference(
      ConvProblem problem, double[] want, MemorySegment got, Layout layout, double slack) {
    DType type = problem.options().resultType();
    long[] places = places(problem.resultShape(), layout);
    MemorySegment stored = MemorySegment.ofArray(new long[1]);
    for (int i = 0; i < want.length; i++) {
      type.store(stored, 0, want[i]);
      double expected = type.load(stored, 0);
      double found = type.load(got, places[i]);
      if (!(Math.abs(found - expected) <= slack)) {
        return "wrong on " + problem.convolution() + ": " + found + " instead of " + expected;
      }
    }
    return null;
  }

  /** Minus one, zero and one, mostly zero: exact in every type whatever the order of the sums. */
  private static double[] values(SplittableRandom random, Shape shape) {
    double[] values = new double[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(3) == 0 ? 1 - 2 * random.nextInt(2) : 0;
    }
    return values;
  }

  /** Puts zeros where an integer type has no room below or above its zero point. */
  private static double[] fitting(double[] values, int zero, DType type) {
    MemorySegment cell = MemorySegment.ofArray(new long[1]);
    for (int i = 0; i < values.length; i++) {
      type.store(cell, 0, values[i] + zero);
      values[i] = type.load(cell, 0) - zero;
    }
    return values;
  }

  /** Returns where each element in logical order lies. */
  private static long[] places(Shape shape, Layout layout) {
    long[] strides = shape.strides(layout);
    long[] places = new long[Math.toIntExact(shape.elements())];
    for (int i = 0; i < places.length; i++) {
      long rest = i;
      for (int d = shape.rank() - 1; d >= 0; d--) {
        places[i] += rest % shape.dim(d) * strides[d];
        rest /= shape.dim(d);
      }
    }
    return places;
  }

  /** Puts operands on the device. */
  private final class Upload {
    private final Arena arena;
    private final List<Allocation> owned;

    Upload(Arena arena, List<Allocation> owned) {
      this.arena = arena;
      this.owned = owned;
    }

    Allocation fresh(long bytes) {
      Allocation allocation = memory.allocate(bytes, "certification");
      owned.add(allocation);
      return allocation;
    }

    Allocation block(double[] values, int zero, Shape shape, DType type, Layout layout) {
      MemorySegment host = arena.allocate(shape.bytes(type), 8);
      long[] places = places(shape, layout);
      for (int i = 0; i < values.length; i++) {
        type.store(host, places[i], values[i] + zero);
      }
      Allocation allocation = fresh(shape.bytes(type));
      memory.upload(host, allocation.block());
      return allocation;
    }
  }
}
