package dev.conv4j.cli.network;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.cli.peer.Peer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came of networks, for a person and for programs. */
public final class NetworkTables {

  private NetworkTables() {}

  /** Prints a line for each row and, for each peer and number of threads, the mean. */
  public static void print(List<NetworkRow> rows, List<Peer> peers, Terminal terminal) {
    List<String> headers =
        new ArrayList<>(List.of("network", ">threads", ">load", ">first", ">conv4j ms", ">min"));
    peers.forEach(peer -> headers.addAll(List.of(">" + peer.name() + " ms", ">min", ">ratio")));
    headers.add("");
    Table table = new Table(headers.toArray(String[]::new));
    for (NetworkRow row : rows) {
      NetworkRow.Entry ours = row.entries().get(NetworkRow.OURS);
      List<String> cells =
          new ArrayList<>(
              List.of(
                  row.network(),
                  String.valueOf(row.threads()),
                  ours == null ? "" : format(ours.loadMillis()),
                  ours == null ? "" : format(ours.firstMillis())));
      times(cells, row.millis(NetworkRow.OURS));
      for (Peer peer : peers) {
        times(cells, row.millis(peer.name()));
        cells.add(row.ratio(peer.name()) == 0 ? "" : ratio(row.ratio(peer.name())));
      }
      cells.add(row.difference());
      table.row(cells.toArray(String[]::new));
    }
    table.print(terminal);
    terminal.out().println();
    means(rows, peers)
        .forEach((name, mean) ->
            terminal.out().println(name + ": geometric mean of its time / ours " + ratio(mean)));
    terminal.out().flush();
  }

  private static void times(List<String> cells, @Nullable Statistics s) {
    cells.add(s == null ? "" : format(s.median()));
    cells.add(s == null ? "" : format(s.min()));
  }

  /** Returns, by peer and number of threads, the geometric mean of its time over ours. */
  public static Map<String, Double> means(List<NetworkRow> rows, List<Peer> peers) {
    Map<String, Double> means = new LinkedHashMap<>();
    for (Peer peer : peers) {
      rows.stream()
          .mapToInt(NetworkRow::threads)
          .distinct()
          .forEach(threads ->
              means.put(
                  peer.name() + ", " + threads + " threads",
                  NetworkBench.ratio(rows, peer.name(), threads)));
    }
    return means;
  }

  private static String format(double millis) {
    return String.format(Locale.ROOT, millis < 100 ? "%.2f" : "%.0f", millis);
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  /** Returns machine, rows and means for programs. */
  public static Map<String, Object> toJson(
      Machine machine, List<NetworkRow> rows, List<Peer> peers) {
    List<Map<String, Object>> lines = new ArrayList<>();
    for (NetworkRow row : rows) {
      row.entries().forEach((name, entry) -> lines.add(line(row, name, entry)));
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", machine.toJson());
    document.put("rows", lines);
    document.put("summary", means(rows, peers));
    return document;
  }

  private static Map<String, Object> line(NetworkRow row, String name, NetworkRow.Entry entry) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("network", row.network());
    line.put("threads", row.threads());
    line.put(name.equals(NetworkRow.OURS) ? "library" : "peer", name);
    line.put("version", entry.version());
    line.put("verified", row.difference().isEmpty());
    line.put("load_ms", entry.loadMillis());
    line.put("first_ms", entry.firstMillis());
    Statistics millis = entry.millis();
    if (millis != null) {
      line.put("samples", millis.samples());
      line.put("p50_ms", millis.median());
      line.put("min_ms", millis.min());
    }
    return line;
  }
}
