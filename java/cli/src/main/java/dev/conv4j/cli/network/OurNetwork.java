package dev.conv4j.cli.network;

import dev.conv4j.Engine;
import dev.conv4j.cli.peer.NetworkContender;
import dev.conv4j.cli.peer.NetworkTask;
import dev.conv4j.onnx.OnnxModel;
import dev.conv4j.onnx.OnnxSession;
import dev.conv4j.onnx.OnnxTensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A session of ours on an engine that outlives it. */
final class OurNetwork implements NetworkContender {

  private final OnnxSession session;
  private final Map<String, OnnxTensor> inputs = new HashMap<>();
  private @Nullable OnnxTensor output;

  OurNetwork(Engine engine, NetworkTask task) {
    this.session = OnnxModel.load(task.model()).session(engine);
    task.inputs()
        .forEach((name, input) -> inputs.put(name, OnnxTensor.of(input.dims(), input.values())));
  }

  @Override
  public void run() {
    output = session.run(inputs).get(0);
  }

  @Override
  public float[] read() {
    return Objects.requireNonNull(output, "nothing ran").toFloatArray();
  }

  @Override
  public void close() {
    session.close();
  }
}
