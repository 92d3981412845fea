package dev.conv4j.cli.bench;

import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Results for a person: a table for each suite and device, and what it comes to. */
public final class BenchTables {

  private final Terminal terminal;
  private final List<Row> rows;
  private final PeerTimes peerTimes;
  private final List<String> peers;

  /**
   * @param terminal where to print
   * @param rows all results
   */
  public BenchTables(Terminal terminal, List<Row> rows) {
    this.terminal = terminal;
    this.rows = rows;
    this.peerTimes = PeerTimes.among(rows);
    this.peers = peerTimes.names();
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
    PrintWriter out = terminal.out();
    out.println(terminal.bold(Headline.title(summary)));
    Table table = new Table(headers());
    for (Row row : summary.ours()) {
      table.row(cells(row));
    }
    table.print(terminal);
    complaints(summary);
    out.println(Headline.conclusion(summary));
    if (peers.size() > 1) {
      duels(summary).print(terminal);
    }
    choices(summary.choices());
  }

  /** What the planner's choices cost, and where it should have taken another algorithm. */
  private void choices(Choices choices) {
    String line = Headline.choices(choices);
    if (line.isEmpty()) {
      return;
    }
    terminal.out().println(line);
    if (choices.bad().isEmpty()) {
      return;
    }
    Table table = new Table("problem", "chosen", ">ms", "fastest", ">ms", ">time / fastest");
    for (Choices.Layer layer : choices.bad()) {
      List<String> cells = new ArrayList<>(List.of(layer.chosen().problem().toString()));
      for (Row row : List.of(layer.chosen(), layer.fastest())) {
        Statistics time = row.seconds();
        cells.add(row.who().algorithm() == null ? Figures.NOTHING : row.who().algorithm());
        cells.add(time == null ? Figures.NOTHING : Figures.milliseconds(time.median()));
      }
      cells.add(Figures.ratio(layer.ratio()));
      table.row(cells.toArray(String[]::new));
    }
    table.print(terminal);
  }

  private static Table duels(Summary summary) {
    Table table =
        new Table("against", ">time / ours", ">least", ">won", ">or within 3 %", ">of", "least on");
    for (Duel duel : summary.duels()) {
      table.row(
          duel.rival(),
          "x" + Figures.optional(duel.mean(), 1),
          "x" + Figures.optional(duel.least(), 1),
          String.valueOf(duel.won()),
          String.valueOf(duel.level()),
          String.valueOf(duel.contested()),
          duel.worstLayer());
    }
    return table;
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
    cells.add(row.who().algorithm() == null ? Figures.NOTHING : row.who().algorithm());
    cells.add(time == null ? Figures.NOTHING : Figures.milliseconds(time.median()));
    cells.add(
        time == null || !time.hasInterval() ? Figures.NOTHING : Figures.percent(time.spread(), 1));
    cells.add(time == null ? Figures.NOTHING : Figures.milliseconds(time.min()));
    cells.add(Figures.optional(row.flops(), 1e-9) + (row.directEquivalent() ? "*" : ""));
    cells.add(
        row.shareOfPeak().isPresent()
            ? Figures.percent(row.shareOfPeak().getAsDouble(), 0)
            : Figures.NOTHING);
    for (String peer : peers) {
      Statistics theirs = peerTimes.beside(row, peer);
      cells.add(theirs == null ? Figures.NOTHING : Figures.milliseconds(theirs.median()));
      cells.add(
          theirs == null || time == null
              ? Figures.NOTHING
              : Figures.ratio(theirs.median() / time.median()));
    }
    cells.add(time == null ? Figures.NOTHING : String.valueOf(time.samples()));
    cells.add(
        switch (row.check().status()) {
          case PASSED -> "ok";
          case FAILED -> "FAILED";
          case SKIPPED -> "not taken";
        });
    return cells.toArray(String[]::new);
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
}
