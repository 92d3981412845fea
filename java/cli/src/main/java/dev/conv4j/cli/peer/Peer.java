package dev.conv4j.cli.peer;

import java.util.Optional;

/**
 * Another library to be timed beside conv4j, found with {@link java.util.ServiceLoader}.
 * Constructing it must touch nothing that can be missing on a machine.
 */
public interface Peer {

  /** Returns the name as {@code --peers} takes it, for example {@code onednn}. */
  String name();

  /** Returns which memory order its operands have when the clock starts. */
  default Form form() {
    return Form.DROP_IN;
  }

  /** Looks whether it can be used here. Never throws because something is missing. */
  Availability probe();

  /**
   * Makes a convolution ready.
   *
   * @param task what to compute
   * @return empty when this library cannot compute it
   */
  Optional<Contender> prepare(Task task);

  /**
   * Makes a network ready.
   *
   * @param task what to run
   * @return empty when this library runs no networks
   */
  default Optional<NetworkContender> prepare(NetworkTask task) {
    return Optional.empty();
  }

  /** In which memory order a library gets its input and leaves its result. */
  enum Form {
    /** The task's own order, as a program has it: what the library rearranges is timed. */
    DROP_IN,
    /** The order the library likes best, as inside a network: rearranging is not timed. */
    NATIVE
  }

  /** Whether a library can be used on this machine. */
  sealed interface Availability {

    /**
     * It can.
     *
     * @param version the library's version
     */
    record Present(String version) implements Availability {}

    /**
     * It cannot.
     *
     * @param reason one line
     */
    record Absent(String reason) implements Availability {}
  }
}
