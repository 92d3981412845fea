package dev.conv4j.cli.bench;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.peer.Peer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Results for programs. Keys are never renamed; what is not known is null. */
public final class BenchJson {

  private BenchJson() {}

  /** Returns the document. */
  public static Map<String, Object> document(
      Machine machine, List<Station> stations, List<Row> rows) {
    Map<String, Object> facts = new LinkedHashMap<>(machine.toJson());
    facts.put("peak_gflops", peaks(stations));
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", facts);
    document.put("rows", rows.stream().map(BenchJson::row).toList());
    document.put("summary", Summary.of(rows).stream().map(BenchJson::summary).toList());
    return document;
  }

  /** By device, then by threads. */
  private static Map<String, Map<String, @Nullable Object>> peaks(List<Station> stations) {
    Map<String, Map<String, @Nullable Object>> peaks = new TreeMap<>();
    for (Station station : stations) {
      peaks
          .computeIfAbsent(station.device(), fresh -> new LinkedHashMap<>())
          .put(String.valueOf(station.threads()), scaled(station.peak(), 1e-9));
    }
    return peaks;
  }

  private static Map<String, @Nullable Object> row(Row row) {
    Statistics time = row.seconds() == null ? null : row.seconds().times(1e3);
    boolean ran = row.check().status() != Verdict.Status.SKIPPED;
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("problem", row.problem().toString());
    fields.put("suite", row.suite());
    if (row.who().peer() == null) {
      fields.put("device", row.who().device());
      fields.put("algorithm", row.who().algorithm());
      fields.put("planned", row.who().planned());
    } else {
      fields.put("peer", row.who().peer());
      fields.put("peer_version", row.who().peerVersion());
      fields.put("form", row.who().form() == Peer.Form.NATIVE ? "native" : "drop-in");
    }
    fields.put("layout", row.format().layout().name().toLowerCase(Locale.ROOT));
    fields.put("dtype", row.format().input().spelling());
    fields.put("threads", row.who().threads());
    fields.put("verified", row.check().passed());
    fields.put("max_error", ran ? row.check().maxError() : null);
    fields.put("samples", time == null ? 0 : time.samples());
    fields.put("p50_ms", time == null ? null : time.median());
    fields.put("min_ms", time == null ? null : time.min());
    fields.put(
        "ci95_ms", time == null || !time.hasInterval() ? null : List.of(time.low(), time.high()));
    fields.put("gflops", scaled(row.flops(), 1e-9));
    fields.put("pct_of_peak", scaled(row.shareOfPeak(), 100));
    fields.put("scratch_bytes", row.scratchBytes());
    fields.put("repro", row.repro());
    fields.put("note", row.check().complaint());
    return fields;
  }

  private static Map<String, @Nullable Object> summary(Summary summary) {
    Row worst = summary.worst();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("suite", summary.suite());
    fields.put("device", summary.device());
    fields.put("threads", summary.threads());
    fields.put("layers", summary.ours().size());
    fields.put("layers_timed", summary.timed().size());
    fields.put("total_ms", summary.total() * 1e3);
    fields.put("gflops_geomean", scaled(summary.flops(), 1e-9));
    fields.put("pct_of_peak_geomean", scaled(summary.shareOfPeak(), 100));
    fields.put("best_peer_over_ours_geomean", scaled(summary.dropIn().mean(), 1));
    fields.put("worst_layer", worst == null ? null : worst.problem().toString());
    fields.put("layers_contested", summary.dropIn().contested());
    fields.put("layers_won", summary.dropIn().won());
    fields.put("best_peer", duel(summary.dropIn()));
    fields.put("best_native_peer", duel(summary.natively()));
    Map<String, Object> alone = new LinkedHashMap<>();
    summary.alone().forEach(one -> alone.put(one.rival(), duel(one)));
    fields.put("peers", alone);
    fields.put("choices", choices(summary.choices()));
    return fields;
  }

  private static Map<String, @Nullable Object> choices(Choices choices) {
    Choices.Layer worst = choices.worst();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("layers", choices.layers().size());
    fields.put("within_10_pct", choices.good());
    fields.put("over_fastest_geomean", scaled(choices.mean(), 1));
    fields.put("over_fastest_most", worst == null ? null : worst.ratio());
    fields.put("worst_layer", worst == null ? null : worst.chosen().problem().toString());
    return fields;
  }

  private static Map<String, @Nullable Object> duel(Duel duel) {
    Row worst = duel.worst();
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("over_ours_geomean", scaled(duel.mean(), 1));
    fields.put("over_ours_least", scaled(duel.least(), 1));
    fields.put("worst_layer", worst == null ? null : worst.problem().toString());
    fields.put("layers_contested", duel.contested());
    fields.put("layers_won", duel.won());
    fields.put("layers_won_or_within_3_pct", duel.level());
    return fields;
  }

  private static @Nullable Object scaled(OptionalDouble value, double factor) {
    return value.isPresent() ? value.getAsDouble() * factor : null;
  }
}
