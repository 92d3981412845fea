package dev.conv4j.cli.fake;

import dev.conv4j.cli.peer.Contender;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.util.Optional;

/** Another library that is not installed. */
public final class MissingPeer implements Peer {

  @Override
  public String name() {
    return "missing";
  }

  @Override
  public Availability probe() {
    return new Availability.Absent("libmissing.so is not installed");
  }

  @Override
  public Optional<Contender> prepare(Task task) {
    throw new AssertionError("an absent peer is never used");
  }
}
