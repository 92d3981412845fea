package dev.conv4j.cli.bench;

import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Results for a person: a table for each suite and device, and what it comes to. */
public final class BenchTables {

  private static final String NOTHING = "-";

  private final Terminal terminal;
  private final List<Row> rows;
  private final List<String> peers;

  /**
   * @param terminal where to print
   * @param rows all results
   */
  public BenchTables(Terminal terminal, List<Row> rows) {
    this.terminal = terminal;
    this.rows = rows;
    this.peers =
        rows.stream().map(row -> row.who().peer()).filter(p -> p != null).distinct().toList();
  }

  /** Prints everything. */
  public void print() {
    String gap = "";
    for (Summary summary : Summary.of(rows)) {
      terminal.out().print(gap);
      print(summary);
      gap = System.lineSeparator();
    }
    if (rows.stream().anyMatch(row -> row.directEquivalent() && row.seconds() != null)) {
      terminal.out().println("* direct-equivalent: operations the direct method would have done");
    }
    terminal.out().flush();
  }

  private void print(Summary summary) {
    Row first = summary.ours().getFirst();
    PrintWriter out = terminal.out();
    out.println(terminal.bold(title(summary, first)));
    Table table = new Table(headers());
    for (Row row : summary.ours()) {
      table.row(cells(row));
    }
    table.print(terminal);
    complaints(summary);
    out.println(conclusion(summary));
    if (peers.size() > 1) {
      duels(summary).print(terminal);
    }
    choices(summary.choices());
  }

  /** What the planner's choices cost, and where it should have taken another algorithm. */
  private void choices(Choices choices) {
    Choices.Layer worst = choices.worst();
    if (worst == null) {
      return;
    }
    terminal
        .out()
        .println(
            String.format(
                Locale.ROOT,
                "choice within 10 %% of the fastest on %d of %d layers, x%s of its time on average"
                    + " and at most x%.2f",
                choices.good(),
                choices.layers().size(),
                optional(choices.mean(), 1),
                worst.ratio()));
    if (choices.bad().isEmpty()) {
      return;
    }
    Table table = new Table("problem", "chosen", ">ms", "fastest", ">ms", ">time / fastest");
    for (Choices.Layer layer : choices.bad()) {
      List<String> cells = new ArrayList<>(List.of(layer.chosen().problem().toString()));
      for (Row row : List.of(layer.chosen(), layer.fastest())) {
        Statistics time = row.seconds();
        cells.add(row.who().algorithm() == null ? NOTHING : row.who().algorithm());
        cells.add(time == null ? NOTHING : milliseconds(time.median()));
      }
      cells.add(String.format(Locale.ROOT, "x%.2f", layer.ratio()));
      table.row(cells.toArray(String[]::new));
    }
    table.print(terminal);
  }

  private static Table duels(Summary summary) {
    Table table =
        new Table("against", ">time / ours", ">least", ">won", ">or within 3 %", ">of", "least on");
    List<Duel> duels = new ArrayList<>(List.of(summary.dropIn(), summary.natively()));
    duels.addAll(summary.alone());
    for (Duel duel : duels) {
      Row worst = duel.worst();
      if (worst != null) {
        table.row(
            duel.rival(),
            "x" + optional(duel.mean(), 1),
            "x" + optional(duel.least(), 1),
            String.valueOf(duel.won()),
            String.valueOf(duel.level()),
            String.valueOf(duel.contested()),
            worst.problem().toString());
      }
    }
    return table;
  }

  private static String title(Summary summary, Row first) {
    String threads =
        summary.threads() == 0
            ? ""
            : ", " + summary.threads() + (summary.threads() == 1 ? " thread" : " threads");
    return summary.suite()
        + " on "
        + summary.device()
        + threads
        + ", "
        + first.format().input().spelling()
        + " "
        + first.format().layout()
        + ", "
        + (first.peakFlops().isPresent()
            ? "measured peak " + number(first.peakFlops().getAsDouble() * 1e-9) + " GFLOP/s"
            : "peak not measured");
  }

  private String[] headers() {
    List<String> headers = new ArrayList<>();
    headers.addAll(List.of("problem", "algorithm", ">p50 ms", ">" + terminal.plusMinus() + "95 %"));
    headers.addAll(List.of(">min ms", ">GFLOP/s", ">% of peak"));
    peers.forEach(peer -> headers.addAll(List.of(">" + peer + " ms", ">ratio")));
    headers.addAll(List.of(">samples", "check"));
    return headers.toArray(String[]::new);
  }

  private String[] cells(Row row) {
    List<String> cells = new ArrayList<>();
    Statistics time = row.seconds();
    cells.add(row.problem().toString());
    cells.add(row.who().algorithm() == null ? NOTHING : row.who().algorithm());
    cells.add(time == null ? NOTHING : milliseconds(time.median()));
    cells.add(time == null || !time.hasInterval() ? NOTHING : percent(time.spread(), 1));
    cells.add(time == null ? NOTHING : milliseconds(time.min()));
    cells.add(optional(row.flops(), 1e-9) + (row.directEquivalent() ? "*" : ""));
    cells.add(
        row.shareOfPeak().isPresent() ? percent(row.shareOfPeak().getAsDouble(), 0) : NOTHING);
    for (String peer : peers) {
      Statistics theirs = peerTime(row, peer);
      cells.add(theirs == null ? NOTHING : milliseconds(theirs.median()));
      cells.add(
          theirs == null || time == null
              ? NOTHING
              : String.format(Locale.ROOT, "x%.2f", theirs.median() / time.median()));
    }
    cells.add(time == null ? NOTHING : String.valueOf(time.samples()));
    cells.add(
        switch (row.check().status()) {
          case PASSED -> "ok";
          case FAILED -> "FAILED";
          case SKIPPED -> "not taken";
        });
    return cells.toArray(String[]::new);
  }

  private @Nullable Statistics peerTime(Row ours, String peer) {
    return rows.stream()
        .filter(row -> peer.equals(row.who().peer()) && row.suite().equals(ours.suite()))
        .filter(row -> row.problem().equals(ours.problem()))
        .filter(row -> ours.who().threads() == 0 || row.who().threads() == ours.who().threads())
        .map(Row::seconds)
        .filter(seconds -> seconds != null)
        .findFirst()
        .orElse(null);
  }

  private void complaints(Summary summary) {
    for (Row row : rows) {
      boolean here =
          summary.ours().contains(row)
              || (row.who().peer() != null && row.suite().equals(summary.suite()));
      if (here && row.check().status() == Verdict.Status.FAILED) {
        String name = row.who().peer() != null ? row.who().peer() : row.who().algorithm();
        terminal
            .out()
            .println(
                terminal.red("FAILED ")
                    + row.problem()
                    + " "
                    + (name == null ? "" : name + ": ")
                    + row.check().complaint());
      }
    }
  }

  private String conclusion(Summary summary) {
    Row worst = summary.worst();
    if (worst == null) {
      return "nothing was timed";
    }
    StringBuilder line = new StringBuilder();
    line.append(summary.timed().size())
        .append(summary.timed().size() == 1 ? " layer, " : " layers, ")
        .append(milliseconds(summary.total()))
        .append(" ms together; geometric mean ")
        .append(optional(summary.flops(), 1e-9))
        .append(" GFLOP/s");
    summary
        .shareOfPeak()
        .ifPresent(share -> line.append(", ").append(percent(share, 0)).append(" of peak"));
    summary
        .dropIn()
        .mean()
        .ifPresent(ratio ->
            line.append(
                String.format(
                    Locale.ROOT,
                    "; best peer / ours x%.2f, %d of %d layers won",
                    ratio,
                    summary.dropIn().won(),
                    summary.dropIn().contested())));
    if (summary.timed().size() > 1) {
      line.append("; worst ").append(worst.problem());
      worst.shareOfPeak().ifPresent(share -> line.append(" with ").append(percent(share, 0)));
    }
    return line.toString();
  }

  private static String milliseconds(double seconds) {
    double ms = seconds * 1e3;
    return String.format(
        Locale.ROOT, ms < 0.1 ? "%.5f" : ms < 10 ? "%.3f" : ms < 1000 ? "%.2f" : "%.0f", ms);
  }

  private static String optional(OptionalDouble value, double unit) {
    return value.isPresent() ? number(value.getAsDouble() * unit) : NOTHING;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
  }

  private static String percent(double share, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f %%", 100 * share);
  }
}
