package dev.conv4j.cli.bench;

import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.List;

/**
 * What to time.
 *
 * @param suites the problems
 * @param stations our devices, opened; they stay open
 * @param algorithms ids to force, {@link #EVERY_ALGORITHM}, {@link #EVERY_FAST}, or empty for the
 *     planner's choice
 * @param peers other libraries, present on this machine
 * @param peerThreads CPU threads for the peers, each in turn
 * @param format types and memory order
 * @param seconds the time to spend
 * @param warm whether one copy of the operands is used over and over, so that it stays in caches
 */
public record BenchRequest(
    List<Suite> suites,
    List<Station> stations,
    List<String> algorithms,
    List<PresentPeer> peers,
    List<Integer> peerThreads,
    Task.Format format,
    double seconds,
    boolean warm) {

  /** Stands for every algorithm that takes a problem. */
  public static final String EVERY_ALGORITHM = "all";

  /** Stands for all of these but the reference, which takes longer than all others together. */
  public static final String EVERY_FAST = "fast";

  /**
   * A peer that can be used.
   *
   * @param peer the peer
   * @param version its version
   */
  public record PresentPeer(Peer peer, String version) {}

  /** Copies the lists. */
  public BenchRequest {
    suites = List.copyOf(suites);
    stations = List.copyOf(stations);
    algorithms = List.copyOf(algorithms);
    peers = List.copyOf(peers);
    peerThreads = List.copyOf(peerThreads);
  }
}
