package dev.conv4j.cli.html;

import static j2html.TagCreator.each;
import static j2html.TagCreator.join;
import static j2html.TagCreator.p;
import static j2html.TagCreator.section;
import static j2html.TagCreator.tbody;
import static j2html.TagCreator.td;
import static j2html.TagCreator.th;
import static j2html.TagCreator.thead;
import static j2html.TagCreator.tr;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.bench.Figures;
import dev.conv4j.cli.bench.Statistics;
import dev.conv4j.cli.network.NetworkRow;
import dev.conv4j.cli.network.NetworkTables;
import dev.conv4j.cli.peer.Peer;
import j2html.TagCreator;
import j2html.tags.DomContent;
import j2html.tags.specialized.TdTag;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Whole networks: a bar of the time of each run. */
public final class NetworkPage {

  private final List<NetworkRow> rows;
  private final List<String> peers;

  private NetworkPage(List<NetworkRow> rows, List<Peer> peers) {
    this.rows = rows;
    this.peers = peers.stream().map(Peer::name).toList();
  }

  /** Returns the page for all results of a run. */
  public static Page of(Machine machine, List<NetworkRow> rows, List<Peer> peers) {
    return new Page(
        "conv4j bench --networks",
        machine,
        List.of(
            p("Medians; a shorter bar is faster, marks are other libraries."),
            new NetworkPage(rows, peers).table(),
            section(
                each(
                    NetworkTables.means(rows, peers).entrySet(),
                    mean ->
                        p(
                            mean.getKey()
                                + ": geometric mean of its time / ours "
                                + Figures.ratio(mean.getValue()))))));
  }

  private DomContent table() {
    return section(
        TagCreator.table(
            thead(
                tr(
                    th("network"),
                    th("threads"),
                    th(),
                    th("load ms"),
                    th("first"),
                    th("p50 ms"),
                    th("min"),
                    each(
                        peers,
                        peer ->
                            join(Bar.legend(peer, peers.indexOf(peer)), th("min"), th("ratio"))),
                    th("outputs"))),
            tbody(each(rows, this::line))));
  }

  private DomContent line(NetworkRow row) {
    NetworkRow.Entry ours = row.entries().get(NetworkRow.OURS);
    Statistics time = row.millis(NetworkRow.OURS);
    List<TdTag> cells = new ArrayList<>();
    cells.add(td(row.network()));
    cells.add(BenchPage.number(row.threads() == 0 ? "all" : String.valueOf(row.threads())));
    cells.add(time == null ? td() : td(bar(row, time).draw(row.network())).withClass("figure"));
    cells.add(BenchPage.number(ours == null ? Figures.NOTHING : Figures.number(ours.loadMillis())));
    cells.add(
        BenchPage.number(ours == null ? Figures.NOTHING : Figures.number(ours.firstMillis())));
    cells.addAll(times(time));
    for (String peer : peers) {
      cells.addAll(times(row.millis(peer)));
      cells.add(
          row.ratio(peer) == 0
              ? BenchPage.number(Figures.NOTHING)
              : BenchPage.verdict(row.ratio(peer)));
    }
    cells.add(
        row.difference().isEmpty()
            ? td("agree").withClass("passed")
            : td(row.difference()).withClass("failed"));
    return tr(each(cells, cell -> cell));
  }

  private static List<TdTag> times(@Nullable Statistics millis) {
    return millis == null
        ? List.of(BenchPage.number(Figures.NOTHING), BenchPage.number(Figures.NOTHING))
        : List.of(
            BenchPage.number(Figures.number(millis.median())),
            BenchPage.number(Figures.number(millis.min())));
  }

  private Bar bar(NetworkRow row, Statistics time) {
    double scale =
        row.entries().values().stream()
            .map(NetworkRow.Entry::millis)
            .filter(Objects::nonNull)
            .mapToDouble(Statistics::median)
            .max()
            .orElse(1);
    List<Bar.Mark> marks = new ArrayList<>();
    for (int i = 0; i < peers.size(); i++) {
      Statistics theirs = row.millis(peers.get(i));
      if (theirs != null) {
        marks.add(
            Bar.Mark.ofPeer(
                i,
                theirs.median() / scale,
                peers.get(i) + ", " + Figures.number(theirs.median()) + " ms"));
      }
    }
    double length = time.median() / scale;
    return time.hasInterval()
        ? new Bar(length, time.low() / scale, time.high() / scale, marks)
        : new Bar(length, length, length, marks);
  }
}
