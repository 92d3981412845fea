package dev.conv4j.cli.peer;

import java.util.Optional;

/**
 * Another library to be timed beside conv4j, found with {@link java.util.ServiceLoader}.
 * Constructing it must touch nothing that can be missing on a machine.
 */
public interface Peer {

  /** Returns the name as {@code --peers} takes it, for example {@code onednn}. */
  String name();

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
