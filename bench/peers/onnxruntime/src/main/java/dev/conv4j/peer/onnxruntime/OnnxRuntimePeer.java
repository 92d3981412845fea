package dev.conv4j.peer.onnxruntime;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.conv4j.Border;
import dev.conv4j.DType;
import dev.conv4j.Layout;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.NetworkContender;
import dev.conv4j.cli.peer.NetworkTask;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.Optional;

/** ONNX Runtime on the CPU: a session with one convolution, its result in memory of ours. */
public final class OnnxRuntimePeer implements Peer {

  /** A model is one message, and a message is less than 2 GiB long. */
  private static final long MOST_FILTER_BYTES = 1L << 30;

  @Override
  public String name() {
    return "onnxruntime";
  }

  @Override
  public Availability probe() {
    try {
      return new Availability.Present(OrtEnvironment.getEnvironment().getVersion());
    } catch (LinkageError | IllegalStateException missing) {
      return new Availability.Absent(String.valueOf(missing.getMessage()));
    }
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    Task.Format format = task.format();
    if (format.input() != DType.F32
        || format.filter() != DType.F32
        || format.output() != DType.F32
        || format.layout() != Layout.NCHW
        || task.problem().border() != Border.ZEROS
        || task.problem().filterShape().bytes(DType.F32) > MOST_FILTER_BYTES
        || task.problem().inputShape().bytes(DType.F32) > Integer.MAX_VALUE
        || task.problem().outputShape().bytes(DType.F32) > Integer.MAX_VALUE) {
      return Optional.empty();
    }
    try {
      return Optional.of(new SessionContender(OrtEnvironment.getEnvironment(), task));
    } catch (OrtException failed) {
      throw new IllegalStateException("ONNX Runtime: " + failed.getMessage(), failed);
    }
  }

  @Override
  public Optional<NetworkContender> prepare(NetworkTask task) {
    return NetworkSession.of(task);
  }
}
