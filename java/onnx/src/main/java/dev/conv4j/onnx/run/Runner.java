package dev.conv4j.onnx.run;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
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

  private final Program program;
  private final Engine engine;
  private final SessionOptions options;
  private final boolean hostIsDevice;
  private final Map<Signature, MemoryPlan> plans =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Signature, MemoryPlan> eldest) {
          return size() > PLANS;
        }
      };

  /** Takes over a program. */
  public Runner(Program program, Engine engine, SessionOptions options) {
    this.program = program;
    this.engine = engine;
    this.options = options;
    this.hostIsDevice = engine.device().backend().equals("cpu");
  }

  /** Returns the program. */
  public Program program() {
    return program;
  }

  /** Runs the network. */
  public Outcome run(OnnxTensor[] inputs) {
    Signature signature = Signature.of(inputs);
    MemoryPlan plan;
    synchronized (plans) {
      plan = plans.get(signature);
    }
    return plan == null ? runFirst(signature, inputs) : runPlanned(plan, inputs);
  }

  private Outcome runFirst(Signature signature, OnnxTensor[] inputs) {
    try (Recorder recorder = new Recorder(program.names().length, this::block)) {
      Execution execution = new Execution(program, engine, options, recorder);
      Outcome outcome = new Outcome(execution.run(inputs), execution.nanos());
      MemoryPlan plan = MemoryPlan.of(program, recorder);
      synchronized (plans) {
        plans.putIfAbsent(signature, plan);
      }
      return outcome;
    }
  }

  private Outcome runPlanned(MemoryPlan plan, OnnxTensor[] inputs) {
    try (Planned memory = new Planned(plan, block(Math.max(1, plan.bytes())))) {
      Execution execution = new Execution(program, engine, options, memory);
      return new Outcome(execution.run(inputs), execution.nanos());
    }
  }

  /** Values at their planned places. */
  private record Planned(MemoryPlan plan, Recorder.HostBlock block) implements RunMemory {
    @Override
    public MemorySegment allocate(int step, int value, long bytes) {
      if (plan.offset()[value] < 0 || plan.size()[value] < bytes) {
        // A shape that depends on values, not only on shapes, can differ from the first run's.
        return OnnxTensor.zeros(ElementType.INT8, bytes).memory();
      }
      return block.memory().asSlice(plan.offset()[value], Math.max(1, bytes));
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
      return new EngineBlock(engine.tensor(Shape.of(bytes), DType.I8));
    }
    Arena arena = Arena.ofShared();
    return new ArenaBlock(arena, arena.allocate(bytes, 64));
  }

  private record EngineBlock(Tensor tensor) implements Recorder.HostBlock {
    @Override
    public MemorySegment memory() {
      return tensor.segment();
    }

    @Override
    public void close() {
      tensor.close();
    }
  }

  private record ArenaBlock(Arena arena, MemorySegment memory) implements Recorder.HostBlock {
    @Override
    public void close() {
      arena.close();
    }
  }

  /** Returns the plans made so far, as lines for a person. */
  public String explainMemory() {
    StringBuilder text = new StringBuilder();
    synchronized (plans) {
      plans.forEach((signature, plan) ->
          text.append(signature.text)
              .append(": ")
              .append(plan.bytes())
              .append(" bytes for intermediates (")
              .append(plan.separateBytes())
              .append(" without sharing), ")
              .append(plan.inPlace())
              .append(" values in place\n"));
    }
    return text.toString();
  }

  /** Gives back what the kernels keep. */
  @Override
  public void close() {
    program.close();
  }

  /** Returns the last plan's size, for tests and reports, or -1 when nothing ran. */
  public long arenaBytes(OnnxTensor... inputs) {
    @Nullable MemoryPlan plan;
    synchronized (plans) {
      plan = plans.get(Signature.of(inputs));
    }
    return plan == null ? -1 : plan.bytes();
  }
}
