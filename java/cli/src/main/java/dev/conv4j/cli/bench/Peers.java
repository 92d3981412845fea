package dev.conv4j.cli.bench;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.peer.Peer;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Finds the other libraries. */
public final class Peers {

  private Peers() {}

  /**
   * Returns the named ones.
   *
   * @throws InvalidArgumentException if there is none of a name, or it cannot be used here
   */
  public static List<BenchRequest.PresentPeer> present(List<String> names) {
    List<Peer> known = new ArrayList<>();
    if (!names.isEmpty()) {
      ServiceLoader.load(Peer.class).forEach(known::add);
    }
    List<BenchRequest.PresentPeer> found = new ArrayList<>();
    for (String name : names.stream().distinct().toList()) {
      Peer peer =
          known.stream()
              .filter(one -> one.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () -> new InvalidArgumentException("peer", "'" + name + "'", names(known)));
      switch (peer.probe()) {
        case Peer.Availability.Present(String version) ->
            found.add(new BenchRequest.PresentPeer(peer, version));
        case Peer.Availability.Absent(String reason) ->
            throw new InvalidArgumentException(
                "peer", "'" + name + "', which cannot be used here: " + reason, names(known));
      }
    }
    return found;
  }

  private static String names(List<Peer> known) {
    return known.isEmpty()
        ? "none, since no peer is on the class path"
        : "one of " + known.stream().map(Peer::name).sorted().collect(Collectors.joining(", "));
  }
}
