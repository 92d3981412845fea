package dev.conv4j.onnx.run;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import dev.conv4j.onnx.op.Slice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Runs a program and keeps a memory plan for each of the most recent sets of input shapes. The
 * first run with new shapes finds out what is asked for; those after it take one block from the
 * engine's pool. Thread-safe.
 */
public final class Runner implements AutoCloseable {

  private static final int PLANS = 64;

  /**
   * What a run gives.
   *
   * @param outputs in the network's order
   * @param nanos time of each step
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Outcome(OnnxTensor[] outputs, long[] nanos) {}

  /** Type and dimensions of every input. */
  private record Signature(String text) {
    static Signature of(OnnxTensor[] inputs) {
      return new Signature(
          Arrays.stream(inputs).map(OnnxTensor::toString).collect(Collectors.joining(" ")));
    }
  }

  /**
   * What the first run with a set of shapes has shown.
   *
   * @param memory where values lie
   * @param copies what went between host and device, as lines for a person
   */
  private record Known(MemoryPlan memory, String copies) {}

  private static final System.Logger LOG = System.getLogger("dev.conv4j");

  private final Program program;
  private final Engine engine;
  private final SessionOptions options;
  private final boolean hostIsDevice;
  private final Weights weights;
  private final AtomicBoolean warned = new AtomicBoolean();
  private final Map<Signature, Known> plans =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Signature, Known> eldest) {
          return size() > PLANS;
        }
      };

  /** Takes over a program. */
  public Runner(Program program, Engine engine, SessionOptions options) {
    this.program = program;
    this.engine = engine;
    this.options = options;
    this.hostIsDevice = engine.device().backend().equals("cpu");
    this.weights = new Weights(engine);
  }

  /** Returns the program. */
  public Program program() {
    return program;
  }

  /** Runs the network. */
  public Outcome run(OnnxTensor[] inputs) {
    Signature signature = Signature.of(inputs);
    Known known;
    synchronized (plans) {
      known = plans.get(signature);
    }
    return known == null ? runFirst(signature, inputs) : runPlanned(known.memory, inputs);
  }

  private Outcome runFirst(Signature signature, OnnxTensor[] inputs) {
    Transfers transfers = new Transfers();
    try (Recorder recorder = new Recorder(program.names().length, this::block);
        Residents residents = residents(transfers)) {
      Execution execution = new Execution(program, engine, options, recorder, residents);
      Outcome outcome = new Outcome(execution.run(inputs), execution.nanos());
      MemoryPlan plan = new MemoryPlanner(program, recorder, engine, options).plan();
      String copies = hostIsDevice ? "" : transfers.explain(engine.device().id());
      synchronized (plans) {
        plans.putIfAbsent(signature, new Known(plan, copies));
      }
      warnOnce(transfers);
      return outcome;
    }
  }

  private Residents residents(Transfers transfers) {
    return new Residents(engine, hostIsDevice, weights, transfers, options.fallback());
  }

  private void warnOnce(Transfers transfers) {
    boolean left = transfers.hasFetched() && options.fallback() == FallbackPolicy.WARN;
    if (left && warned.compareAndSet(false, true)) {
      LOG.log(
          System.Logger.Level.WARNING,
          "nodes without a kernel on {0} run on the host: {1}",
          engine.device().id(),
          transfers.explain(engine.device().id()));
    }
  }

  private Outcome runPlanned(MemoryPlan plan, OnnxTensor[] inputs) {
    try (Planned memory = new Planned(plan, block(Math.max(1, plan.bytes())));
        Residents residents = residents(new Transfers())) {
      Execution execution = new Execution(program, engine, options, memory, residents);
      return new Outcome(execution.run(inputs), execution.nanos());
    }
  }

  /** Values at their planned places. */
  private record Planned(MemoryPlan plan, Recorder.HostBlock block) implements RunMemory {
    @Override
    public MemorySegment allocate(int step, int value, long bytes) {
      if (!plan.fits(value, bytes)) {
        // A shape that depends on values, not only on shapes, can differ from the first run's.
        return OnnxTensor.zeros(ElementType.INT8, bytes).memory();
      }
      return block.memory().asSlice(plan.offset()[value], Math.max(1, bytes));
    }

    @Override
    public @Nullable Slice slice(int value, ElementType type, long... dims) {
      MemoryPlan.Part part = plan.parts()[value];
      if (part == null || part.look().type() != type || !part.look().hasDims(dims)) {
        return null;
      }
      OnnxTensor whole = part.whole();
      long at = plan.offset()[part.of()];
      MemorySegment memory = block.memory().asSlice(at, Math.max(1, whole.bytes()));
      return new Slice(
          OnnxTensor.wrap(type, memory, whole.dims()),
          part.axis(),
          part.first(),
          part.look().dim(part.axis()));
    }

    @Override
    public @Nullable Tensor holder(MemorySegment value) {
      MemorySegment all = block.memory();
      long at = value.address() - all.address();
      return at >= 0 && at < all.byteSize() ? block.tensor() : null;
    }

    @Override
    public void alias(int value, OnnxTensor elements) {}

    @Override
    public void release(int value) {}

    @Override
    public void close() {
      block.close();
    }
  }

  /** Host memory from the engine's budget where the engine works in host memory. */
  private Recorder.HostBlock block(long bytes) {
    if (hostIsDevice) {
      Tensor tensor = engine.tensor(Shape.of(bytes), DType.I8);
      return new EngineBlock(tensor, tensor.segment());
    }
    Arena arena = Arena.ofShared();
    return new ArenaBlock(arena, arena.allocate(bytes, 64));
  }

  private record EngineBlock(Tensor tensor, MemorySegment memory) implements Recorder.HostBlock {
    @Override
    public void close() {
      tensor.close();
    }
  }

  private record ArenaBlock(Arena arena, MemorySegment memory) implements Recorder.HostBlock {
    @Override
    public @Nullable Tensor tensor() {
      return null;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  /** Returns the plans made so far, as lines for a person. */
  public String explainMemory() {
    StringBuilder text = new StringBuilder();
    synchronized (plans) {
      plans.forEach((signature, known) ->
          text.append(signature.text)
              .append(": ")
              .append(known.memory.bytes())
              .append(" bytes for intermediates on the host (")
              .append(known.memory.separateBytes())
              .append(" without sharing), ")
              .append(known.memory.inPlace())
              .append(" values in place, ")
              .append(known.memory.slices())
              .append(" as channels of others\n")
              .append(known.copies));
    }
    return text.toString();
  }

  /** Gives back what the kernels keep. */
  @Override
  public void close() {
    program.close();
    weights.close();
  }

  /** Returns the last plan's size, for tests and reports, or -1 when nothing ran. */
  public long arenaBytes(OnnxTensor... inputs) {
    @Nullable Known known;
    synchronized (plans) {
      known = plans.get(Signature.of(inputs));
    }
    return known == null ? -1 : known.memory.bytes();
  }
}
