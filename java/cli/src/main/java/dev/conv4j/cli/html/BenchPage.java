package dev.conv4j.cli.html;

import static j2html.TagCreator.code;
import static j2html.TagCreator.each;
import static j2html.TagCreator.h2;
import static j2html.TagCreator.h3;
import static j2html.TagCreator.iff;
import static j2html.TagCreator.join;
import static j2html.TagCreator.p;
import static j2html.TagCreator.section;
import static j2html.TagCreator.table;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.tr;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.bench.Choices;
import dev.conv4j.cli.bench.Duel;
import dev.conv4j.cli.bench.Figures;
import dev.conv4j.cli.bench.Headline;
import dev.conv4j.cli.bench.PeerTimes;
import dev.conv4j.cli.bench.Row;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.bench.Summary;
import dev.conv4j.cli.check.Verdict;
import j2html.tags.DomContent;
import j2html.tags.specialized.TdTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Convolutions: for each suite, device and number of threads a bar for each layer. */
public final class BenchPage {

  private final PeerTimes peerTimes;
  private final List<String> peers;

  private BenchPage(List<Row> rows) {
    this.peerTimes = PeerTimes.among(rows);
    this.peers = peerTimes.names();
  }

  /** Returns the page for all results of a run. */
  public static Page of(Machine machine, List<Row> rows) {
    BenchPage page = new BenchPage(rows);
    List<DomContent> sections = new ArrayList<>();
    sections.add(
        p(
            "Medians of verified runs, the bars' black lines are 95 % confidence intervals. Bars are"
                + " rates by the count of the direct method; an algorithm with fewer operations may"
                + " pass the peak. Point at a bar for the command that measures it again."));
    Summary.of(rows).forEach(summary -> sections.add(page.suite(summary)));
    return new Page("conv4j bench", machine, sections);
  }

  private DomContent suite(Summary summary) {
    double scale = scale(summary);
    return section(
        h2(Headline.title(summary)),
        p(Headline.conclusion(summary)).withClass("conclusion"),
        table(thead(headers()), tbody(each(summary.ours(), row -> layer(row, scale)))),
        iff(!summary.duels().isEmpty(), duels(summary.duels())),
        choices(summary.choices()));
  }

  private DomContent headers() {
    return tr(
        th("problem"),
        th("algorithm"),
        th(),
        th("GFLOP/s"),
        th("of peak"),
        th("p50 ms"),
        th("± 95 %"),
        each(peers, peer -> join(Bar.legend(peer, peers.indexOf(peer)), th("ratio"))),
        th("check"));
  }

  private DomContent layer(Row row, double scale) {
    Statistics time = row.seconds();
    List<TdTag> cells = new ArrayList<>();
    cells.add(td(code(row.problem().toString())));
    cells.add(td(Objects.requireNonNullElse(row.who().algorithm(), Figures.NOTHING)));
    cells.add(
        time == null ? td() : td(bar(row, time, scale).draw(row.repro())).withClass("figure"));
    cells.add(number(Figures.optional(row.flops(), 1e-9)));
    cells.add(
        number(
            row.shareOfPeak().isPresent()
                ? Figures.percent(row.shareOfPeak().getAsDouble(), 0)
                : Figures.NOTHING));
    cells.add(number(time == null ? Figures.NOTHING : Figures.milliseconds(time.median())));
    cells.add(
        number(
            time == null || !time.hasInterval()
                ? Figures.NOTHING
                : Figures.percent(time.spread(), 1)));
    peers.forEach(peer -> cells.addAll(beside(time, peerTimes.beside(row, peer))));
    cells.add(check(row.check()));
    return tr(each(cells, cell -> cell));
  }

  private static List<TdTag> beside(@Nullable Statistics ours, @Nullable Statistics theirs) {
    if (theirs == null) {
      return List.of(number(Figures.NOTHING), number(Figures.NOTHING));
    }
    TdTag time = number(Figures.milliseconds(theirs.median()));
    return ours == null
        ? List.of(time, number(Figures.NOTHING))
        : List.of(time, verdict(theirs.median() / ours.median()));
  }

  /** A peer's time over ours; three percent is nobody's victory. */
  static TdTag verdict(double ratio) {
    return number(Figures.ratio(ratio))
        .withClasses("number", ratio >= 1 ? "won" : ratio >= 0.97 ? "level" : "lost");
  }

  static TdTag number(String text) {
    return td(text).withClass("number");
  }

  private static TdTag check(Verdict verdict) {
    return switch (verdict.status()) {
      case PASSED -> td("ok").withClass("passed");
      case FAILED -> td("FAILED: " + verdict.complaint()).withClass("failed");
      case SKIPPED -> td("not taken").withTitle(verdict.complaint());
    };
  }

  private Bar bar(Row row, Statistics time, double scale) {
    double operations = row.problem().flops();
    List<Bar.Mark> marks = new ArrayList<>();
    row.peakFlops()
        .ifPresent(peak -> marks.add(new Bar.Mark(peak / scale, "peak", "measured peak")));
    for (int i = 0; i < peers.size(); i++) {
      Statistics theirs = peerTimes.beside(row, peers.get(i));
      if (theirs != null) {
        double rate = operations / theirs.median();
        marks.add(
            Bar.Mark.ofPeer(
                i, rate / scale, peers.get(i) + ", " + Figures.number(rate * 1e-9) + " GFLOP/s"));
      }
    }
    double rate = operations / time.median() / scale;
    return time.hasInterval()
        ? new Bar(rate, operations / time.high() / scale, operations / time.low() / scale, marks)
        : new Bar(rate, rate, rate, marks);
  }

  /** The right end of a suite's bars: the fastest thing on them. */
  private double scale(Summary summary) {
    double most = 0;
    for (Row row : summary.timed()) {
      most = Math.max(most, Math.max(row.flops().orElse(0), row.peakFlops().orElse(0)));
      for (String peer : peers) {
        Statistics theirs = peerTimes.beside(row, peer);
        most = theirs == null ? most : Math.max(most, row.problem().flops() / theirs.median());
      }
    }
    return most == 0 ? 1 : most;
  }

  private static DomContent duels(List<Duel> duels) {
    return table(
        thead(
            tr(
                th("against"),
                th("time / ours"),
                th("least"),
                th("won"),
                th("or within 3 %"),
                th("of"),
                th("least on"))),
        tbody(
            each(
                duels,
                duel ->
                    tr(
                        td(duel.rival()),
                        verdict(duel.mean().orElse(Double.NaN)),
                        verdict(duel.least().orElse(Double.NaN)),
                        number(String.valueOf(duel.won())),
                        number(String.valueOf(duel.level())),
                        number(String.valueOf(duel.contested())),
                        td(code(duel.worstLayer()))))));
  }

  private static DomContent choices(Choices choices) {
    String line = Headline.choices(choices);
    if (line.isEmpty()) {
      return join();
    }
    return join(
        h3("Choice of algorithm"),
        p(line),
        iff(
            !choices.bad().isEmpty(),
            table(
                thead(tr(th("problem"), th("chosen"), th("fastest"), th("time / fastest"))),
                tbody(
                    each(
                        choices.bad(),
                        layer ->
                            tr(
                                td(code(layer.chosen().problem().toString())),
                                td(String.valueOf(layer.chosen().who().algorithm())),
                                td(String.valueOf(layer.fastest().who().algorithm())),
                                number(Figures.ratio(layer.ratio()))))))));
  }
}
