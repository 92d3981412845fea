package dev.conv4j.onnx.run;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Slice;
import java.util.Arrays;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One run of a program. Used by one thread. */
final class Execution implements Frame {

  private final Program program;
  private final Engine engine;
  private final SessionOptions options;
  private final RunMemory memory;
  private final @Nullable OnnxTensor[] values;

  /** Where values lie that are ranges of larger ones. */
  private final @Nullable Slice[] slices;

  private final boolean[] isOutput;

  /** Outputs that are not memory of their own yet. */
  private final boolean[] borrowed;

  private final Residents residents;
  private final long[] nanos;
  private int at;
  private Program.Step step;

  Execution(
      Program program,
      Engine engine,
      SessionOptions options,
      RunMemory memory,
      Residents residents) {
    this.program = program;
    this.engine = engine;
    this.options = options;
    this.memory = memory;
    this.residents = residents;
    this.values = program.constants().clone();
    this.slices = new @Nullable Slice[values.length];
    this.isOutput = new boolean[values.length];
    this.borrowed = new boolean[values.length];
    this.nanos = new long[program.steps().size()];
    this.step = NO_STEP;
    for (int id : program.outputs()) {
      isOutput[id] = true;
    }
  }

  private static final Program.Step NO_STEP =
      new Program.Step(
          new dev.conv4j.onnx.graph.Node(
              "",
              "",
              0,
              "",
              java.util.List.of(),
              java.util.List.of(),
              dev.conv4j.onnx.graph.Attributes.NONE),
          frame -> {},
          new int[0],
          new int[0]);

  /** Runs and returns the outputs, each in memory of its own. */
  OnnxTensor[] run(OnnxTensor[] inputs) {
    for (int i = 0; i < inputs.length; i++) {
      values[program.inputs()[i]] = inputs[i];
    }
    for (int id = 0; id < values.length; id++) {
      describe(id);
    }
    long before = System.nanoTime();
    for (at = 0; at < nanos.length; at++) {
      step = program.steps().get(at);
      residents.begin(at);
      runStep();
      residents.end(step, this);
      releaseRead();
      long now = System.nanoTime();
      nanos[at] = now - before;
      before = now;
    }
    OnnxTensor[] results = new OnnxTensor[program.outputs().length];
    for (int i = 0; i < results.length; i++) {
      int id = program.outputs()[i];
      OnnxTensor result = values[id];
      if (result == null) {
        throw new InvalidArgumentException(
            "output '" + program.names()[id] + "'", "missing", "one");
      }
      boolean own = isOutput[id] && !borrowed[id] && program.constants()[id] == null;
      results[i] =
          own && !isInput(id) && result.tensor() == null
              ? result
              : OnnxTensor.copied(result.type(), result.dims(), result.segment());
    }
    return results;
  }

  private boolean isInput(int id) {
    return Arrays.stream(program.inputs()).anyMatch(input -> input == id);
  }

  /** What a damaged network makes a kernel do ends as a typed error that names the node. */
  private void runStep() {
    try {
      step.kernel().run(this);
    } catch (InvalidArgumentException wrong) {
      throw step.node().blamed(wrong);
    } catch (IndexOutOfBoundsException | ArithmeticException | NegativeArraySizeException odd) {
      throw step.node().unusable(odd);
    }
  }

  private void releaseRead() {
    for (int id : step.inputs()) {
      if (id != Program.NONE && program.lastUse()[id] == at && values[id] != null) {
        memory.release(id);
        residents.release(values[id]);
        values[id] = null;
        slices[id] = null;
      }
    }
  }

  long[] nanos() {
    return nanos;
  }

  @Override
  public int inputs() {
    return step.inputs().length;
  }

  @Override
  public @Nullable OnnxTensor optional(int index) {
    int id = index < step.inputs().length ? step.inputs()[index] : Program.NONE;
    return id == Program.NONE ? null : values[id];
  }

  @Override
  public boolean isConstant(int index) {
    int id = index < step.inputs().length ? step.inputs()[index] : Program.NONE;
    return id != Program.NONE && program.constants()[id] != null;
  }

  @Override
  public int outputs() {
    return step.outputs().length;
  }

  @Override
  public boolean wants(int index) {
    return index < step.outputs().length && step.outputs()[index] != Program.NONE;
  }

  @Override
  public OnnxTensor out(int index, ElementType type, long... dims) {
    int id = index < step.outputs().length ? step.outputs()[index] : Program.NONE;
    if (id == Program.NONE || isOutput[id]) {
      OnnxTensor fresh = OnnxTensor.zeros(type, dims);
      if (id != Program.NONE) {
        values[id] = fresh;
        describe(id);
      }
      return fresh;
    }
    long bytes = OnnxTensor.elements(dims) * type.bytes();
    OnnxTensor made = OnnxTensor.wrap(type, memory.allocate(at, id, bytes), dims);
    residents.overwritten(made);
    values[id] = made;
    describe(id);
    return made;
  }

  private void describe(int id) {
    OnnxTensor value = values[id];
    if (value != null && memory instanceof Recorder recorder) {
      recorder.describe(id, value);
    }
  }

  @Override
  public OnnxTensor result(int index, ElementType type, long... dims) {
    int id = index < step.outputs().length ? step.outputs()[index] : Program.NONE;
    if (residents.hostIsDevice() || id == Program.NONE || OnnxTensor.elements(dims) == 0) {
      return out(index, type, dims);
    }
    OnnxTensor made = residents.make(type, dims);
    values[id] = made;
    describe(id);
    return made;
  }

  @Override
  public @Nullable Slice slice(int index, ElementType type, long... dims) {
    int id = index < step.outputs().length ? step.outputs()[index] : Program.NONE;
    Slice slice = id == Program.NONE ? null : memory.slice(id, type, dims);
    if (slice != null) {
      slices[id] = slice;
      values[id] = slice.value();
    }
    return slice;
  }

  @Override
  public @Nullable Slice sliced(int input) {
    int id = input < step.inputs().length ? step.inputs()[input] : Program.NONE;
    return id == Program.NONE ? null : slices[id];
  }

  @Override
  public void alias(int index, OnnxTensor elements) {
    int id = index < step.outputs().length ? step.outputs()[index] : Program.NONE;
    if (id != Program.NONE) {
      residents.shared(elements);
      values[id] = elements;
      borrowed[id] = true;
      if (elements.isOnHost()) {
        memory.alias(id, elements);
      }
      describe(id);
    }
  }

  @Override
  public Engine engine() {
    return engine;
  }

  @Override
  public boolean offloads() {
    return true;
  }

  @Override
  public boolean hostIsDevice() {
    return residents.hostIsDevice();
  }

  @Override
  public @Nullable Tensor holder(OnnxTensor value) {
    return memory.holder(value.memory());
  }

  @Override
  public Tensor upload(OnnxTensor value) {
    return residents.upload(value, step, this);
  }

  @Override
  public void parallel(long items, LongConsumer item) {
    engine.parallel(items, item);
  }

  @Override
  public SessionOptions options() {
    return options;
  }
}
