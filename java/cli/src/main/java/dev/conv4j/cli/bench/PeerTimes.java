package dev.conv4j.cli.bench;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The other libraries' times among the rows.
 *
 * @param rows theirs
 */
public record PeerTimes(List<Row> rows) {

  /** Copies the list. */
  public PeerTimes {
    rows = List.copyOf(rows);
  }

  /** Picks the peers' rows from all. */
  public static PeerTimes among(List<Row> all) {
    return new PeerTimes(all.stream().filter(row -> row.who().peer() != null).toList());
  }

  /** Returns the peers' names, each once, in the order of the rows. */
  public List<String> names() {
    return rows.stream().map(row -> String.valueOf(row.who().peer())).distinct().toList();
  }

  /** Returns a peer's time on the problem of our row with as many threads, or null. */
  public @Nullable Statistics beside(Row ours, String peer) {
    return rows.stream()
        .filter(row -> peer.equals(row.who().peer()) && row.suite().equals(ours.suite()))
        .filter(row -> row.problem().equals(ours.problem()))
        .filter(row -> ours.who().threads() == 0 || row.who().threads() == ours.who().threads())
        .map(Row::seconds)
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }
}
