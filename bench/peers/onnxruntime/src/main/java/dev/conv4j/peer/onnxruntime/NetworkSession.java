package dev.conv4j.peer.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.conv4j.cli.peer.NetworkContender;
import dev.conv4j.cli.peer.NetworkTask;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** A whole network, with every optimisation ONNX Runtime has. */
final class NetworkSession implements NetworkContender {

  private final OrtSession session;
  private final Map<String, OnnxTensor> inputs = new HashMap<>();

  NetworkSession(OrtEnvironment environment, NetworkTask task) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(task.threads());
      options.setInterOpNumThreads(1);
      options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
      session = environment.createSession(task.model().toString(), options);
    }
    for (Map.Entry<String, NetworkTask.Input> input : task.inputs().entrySet()) {
      float[] values = input.getValue().values();
      FloatBuffer direct =
          ByteBuffer.allocateDirect(values.length * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer()
              .put(values)
              .rewind();
      inputs.put(
          input.getKey(), OnnxTensor.createTensor(environment, direct, input.getValue().dims()));
    }
  }

  @Override
  public void run() {
    try {
      session.run(inputs).close();
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }

  @Override
  public float[] read() {
    try (OrtSession.Result result = session.run(inputs)) {
      FloatBuffer values = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] copy = new float[values.remaining()];
      values.get(copy);
      return copy;
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }

  /** Returns a network made ready. */
  static Optional<NetworkContender> of(NetworkTask task) {
    try {
      return Optional.of(new NetworkSession(OrtEnvironment.getEnvironment(), task));
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }

  @Override
  public void close() {
    inputs.values().forEach(OnnxTensor::close);
    try {
      session.close();
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }
}
