package dev.conv4j.peer.pytorch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.JniUtils;
import dev.conv4j.Border;
import dev.conv4j.DType;
import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.Optional;

/**
 * PyTorch on the CPU, through DJL. It rearranges the filter at each call: there is no other way.
 */
public final class PyTorchPeer implements Peer {

  /** Elements that a buffer, and an array, can have. */
  private static final long MOST_ELEMENTS = Integer.MAX_VALUE / Float.BYTES;

  private static int threads;

  @Override
  public String name() {
    return "pytorch";
  }

  @Override
  public Availability probe() {
    // What it needs is on the class path: it need not look elsewhere, nor tell that it runs.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    try {
      return new Availability.Present(Engine.getEngine("PyTorch").getVersion());
    } catch (EngineException | LinkageError missing) {
      return new Availability.Absent(String.valueOf(missing.getMessage()));
    }
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    Task.Format format = task.format();
    if (format.input() != DType.F32
        || format.filter() != DType.F32
        || format.output() != DType.F32
        || task.problem().border() != Border.ZEROS
        || !task.problem().padBegin().equals(task.problem().padEnd())
        || task.problem().inputShape().elements() > MOST_ELEMENTS
        || task.problem().filterShape().elements() > MOST_ELEMENTS
        || task.problem().outputShape().elements() > MOST_ELEMENTS) {
      return Optional.empty();
    }
    return Optional.of(new ArrayContender(task));
  }

  /** Sets the number of threads, which is one for the process. */
  static void threads(int wanted) {
    if (threads != wanted) {
      threads = wanted;
      JniUtils.setNumThreads(wanted);
    }
  }
}
