package dev.conv4j.peer.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.conv4j.DType;
import dev.conv4j.Shape;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Task;
import dev.conv4j.peer.model.ConvModel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One session and its operands; a run reads and writes them in place. */
final class SessionContender implements Contender {

  /** One copy of the operands, in the maps that a run takes. */
  private record Set(
      MemorySegment y, Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> results) {}

  private final Arena arena = Arena.ofShared();
  private final OrtSession session;
  private final List<Set> sets = new ArrayList<>();

  SessionContender(OrtEnvironment environment, Task task) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(task.threads());
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(ConvModel.of(task.problem(), task.w()), options);
    }
    for (int i = 0; i < task.sets(); i++) {
      sets.add(set(environment, task));
    }
  }

  private Set set(OrtEnvironment environment, Task task) throws OrtException {
    Shape input = task.problem().inputShape();
    Shape result = task.problem().outputShape();
    MemorySegment x = arena.allocate(input.bytes(DType.F32), 64);
    MemorySegment y = arena.allocate(result.bytes(DType.F32), 64);
    x.copyFrom(task.x().asSlice(0, x.byteSize()));
    // A pattern that is NaN: what no run writes is seen by the check.
    y.fill((byte) 0xff);
    return new Set(
        y,
        Map.of(ConvModel.INPUT, tensor(environment, x, input)),
        Map.of(ConvModel.RESULT, tensor(environment, y, result)));
  }

  private static OnnxTensor tensor(OrtEnvironment environment, MemorySegment memory, Shape shape)
      throws OrtException {
    return OnnxTensor.createTensor(
        environment,
        memory.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(),
        shape.dims());
  }

  @Override
  public void run(int set) {
    Set operands = sets.get(set);
    try {
      session.run(operands.inputs, operands.results).close();
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }

  @Override
  public void read(int set, MemorySegment y) {
    y.copyFrom(sets.get(set).y);
  }

  @Override
  public void close() {
    sets.forEach(set -> {
      set.inputs.values().forEach(OnnxTensor::close);
      set.results.values().forEach(OnnxTensor::close);
    });
    try {
      session.close();
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
    arena.close();
  }
}
