package dev.conv4j.peer.onednn;

import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The last oneDNN with Winograd, in a JVM of its own: two versions of one native library do not
 * share a process. It takes turns with everything else, since each request waits for its answer,
 * and takes its times over there.
 */
abstract class ApartPeer implements Peer {

  private final String name;
  private final Form form;
  private @Nullable ApartProcess process;

  private ApartPeer(String name, Form form) {
    this.name = name;
    this.form = form;
  }

  /** Takes and leaves the task's memory order. */
  public static final class DropIn extends ApartPeer {

    /** For the service loader. */
    public DropIn() {
      super("onednn-winograd", Form.DROP_IN);
    }
  }

  /** Works in the order the library chooses. */
  public static final class Native extends ApartPeer {

    /** For the service loader. */
    public Native() {
      super("onednn-winograd-native", Form.NATIVE);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Form form() {
    return form;
  }

  @Override
  public Availability probe() {
    try {
      return process().probe();
    } catch (IOException failed) {
      return new Availability.Absent("its process does not start: " + failed.getMessage());
    }
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    try {
      return process().prepare(task, form);
    } catch (IOException failed) {
      throw new IllegalStateException("the process of " + name + " is gone", failed);
    }
  }

  private ApartProcess process() throws IOException {
    ApartProcess running = process;
    if (running == null) {
      running = new ApartProcess();
      process = running;
    }
    return running;
  }
}
