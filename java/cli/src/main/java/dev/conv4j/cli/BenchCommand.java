package dev.conv4j.cli;

import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Layout;
import dev.conv4j.cli.bench.BenchJson;
import dev.conv4j.cli.bench.BenchRequest;
import dev.conv4j.cli.bench.BenchRun;
import dev.conv4j.cli.bench.BenchTables;
import dev.conv4j.cli.bench.Choices;
import dev.conv4j.cli.bench.Peers;
import dev.conv4j.cli.bench.Row;
import dev.conv4j.cli.bench.Station;
import dev.conv4j.cli.bench.Stations;
import dev.conv4j.cli.bench.Suite;
import dev.conv4j.cli.bench.Summary;
import dev.conv4j.cli.check.Verdict;
import dev.conv4j.cli.html.BenchPage;
import dev.conv4j.cli.html.NetworkPage;
import dev.conv4j.cli.network.NetworkBench;
import dev.conv4j.cli.network.NetworkRow;
import dev.conv4j.cli.network.NetworkTables;
import dev.conv4j.cli.output.Json;
import dev.conv4j.cli.output.OutputFile;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.cli.peer.Peer;
import dev.conv4j.cli.peer.Task;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code conv4j bench}. */
@Command(
    name = "bench",
    description = {
      "Times forward convolutions. Every result is checked against a double-precision sum before"
          + " and after it is timed; one that is wrong never shows a time.",
      "",
      "Filters are packed beforehand, operands are random and rotate through at least three copies"
          + " larger than the L2 cache, samples of all rows are taken in turn. Shown are medians"
          + " with 95 %% confidence intervals, and the share of a peak measured in the same run.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  conv4j bench",
      "  conv4j bench --suite vgg16 --suite mobilenetv2 --threads 1,2 --json out.json",
      "  conv4j bench --networks models --peers onnxruntime --threads 1,2 --seconds 90",
      "  conv4j bench --problem n1c64i56x56k64f3x3p1 --algorithm all --seconds 5"
    })
final class BenchCommand implements Callable<Integer> {

  private static final String DEFAULT_SUITE = "resnet50";

  private final Terminal terminal;

  @Option(
      names = "--suite",
      paramLabel = "NAME|FILE",
      description =
          "resnet50, vgg16, mobilenetv2, deepbench_server, deepbench_train, signal, or a file with"
              + " one problem on each line. May be repeated. Default: resnet50.")
  private List<String> suites = new ArrayList<>();

  @Option(
      names = "--problem",
      paramLabel = "SPELLING",
      description = "A problem such as n1c64i56x56k64f3x3p1. May be repeated.")
  private List<String> problems = new ArrayList<>();

  @Option(
      names = "--networks",
      split = ",",
      paramLabel = "PATHS",
      description = "Times whole networks instead: ONNX files, or folders with some.")
  private List<Path> networks = new ArrayList<>();

  @Mixin private DeviceOption device = new DeviceOption();

  @Option(
      names = "--algorithm",
      split = ",",
      paramLabel = "LIST|all|fast",
      description =
          "Force these algorithms, or time every one that takes a problem, or every one but the"
              + " reference.")
  private List<String> algorithms = new ArrayList<>();

  @Option(
      names = "--good-choices",
      paramLabel = "PERCENT",
      description =
          "With --algorithm all or fast: fail unless the planner's choice is within 10 %% of the fastest"
              + " algorithm on so many of the layers.")
  private double goodChoices;

  @Option(
      names = "--threads",
      split = ",",
      paramLabel = "N[,N]",
      description = "CPU threads, each number in turn. Default: one per physical core.")
  private List<Integer> threads = new ArrayList<>();

  @Option(names = "--batch", paramLabel = "N", description = "Replace the batch of every problem.")
  private @Nullable Long batch;

  @Option(
      names = "--dtype",
      paramLabel = "T",
      description = "f32 (default), f64, f16, bf16, i8 or u8.")
  private String dtype = DType.F32.spelling();

  @Option(names = "--layout", paramLabel = "L", description = "nchw (default) or nhwc.")
  private Layout layout = Layout.NCHW;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "LIST",
      description = "Other libraries to time in turn with ours.")
  private List<String> peers = new ArrayList<>();

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Time to spend, about. Default: ${DEFAULT-VALUE}.",
      defaultValue = "40")
  private double seconds;

  @Option(
      names = "--warm",
      description = "Use one copy of the operands over and over, so that caches stay warm.")
  private boolean warm;

  @Option(
      names = "--json",
      paramLabel = "F",
      description = "Also write JSON to a file; - prints it instead of the tables.")
  private @Nullable String json;

  @Option(
      names = "--html",
      paramLabel = "F",
      description = "Also write a page with bars for a browser; it needs no other file.")
  private @Nullable Path html;

  BenchCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Json target = json == null ? null : Json.to(json, terminal);
    OutputFile page = html == null ? null : OutputFile.at(html);
    List<BenchRequest.PresentPeer> present = Peers.present(peers);
    if (!networks.isEmpty()) {
      return networks(present, target, page);
    }
    List<Suite> chosen = chosenSuites();
    Task.Format format = format();
    try (Stations stations = Stations.open(device.spellings(), threads())) {
      BenchRequest request =
          new BenchRequest(
              chosen,
              stations.list(),
              algorithms,
              present,
              stations.threads(),
              format,
              positiveSeconds(),
              warm);
      List<Row> rows = BenchRun.run(request, terminal);
      if (!Json.STDOUT.equals(json)) {
        new BenchTables(terminal, rows).print();
      }
      Machine machine = machine(stations.list());
      if (target != null) {
        target.write(BenchJson.document(machine, stations.list(), rows));
      }
      if (page != null) {
        BenchPage.of(machine, rows).writeTo(page);
      }
      return conclude(rows);
    }
  }

  private int networks(
      List<BenchRequest.PresentPeer> present, @Nullable Json target, @Nullable OutputFile page) {
    List<Peer> others = present.stream().map(BenchRequest.PresentPeer::peer).toList();
    List<NetworkRow> rows =
        new NetworkBench(
                device.spellings().getFirst(), threads(), present, positiveSeconds(), terminal)
            .run(NetworkBench.models(networks));
    if (!Json.STDOUT.equals(json)) {
      NetworkTables.print(rows, others, terminal);
    }
    if (target != null || page != null) {
      Machine machine = machine();
      if (target != null) {
        target.write(NetworkTables.toJson(machine, rows, others));
      }
      if (page != null) {
        NetworkPage.of(machine, rows, others).writeTo(page);
      }
    }
    return rows.stream().allMatch(row -> row.difference().isEmpty()) ? Exit.OK : Exit.FAILED;
  }

  private List<Suite> chosenSuites() {
    List<Suite> chosen = new ArrayList<>(suites.stream().distinct().map(Suite::load).toList());
    if (!problems.isEmpty()) {
      chosen.add(new Suite(Suite.LOOSE, problems.stream().map(Convolution::parse).toList()));
    }
    if (chosen.isEmpty()) {
      chosen.add(Suite.load(DEFAULT_SUITE));
    }
    Long wanted = batch;
    return wanted == null ? chosen : chosen.stream().map(suite -> suite.withBatch(wanted)).toList();
  }

  private Task.Format format() {
    DType type = DType.parse(dtype);
    if (type == DType.I32) {
      throw new InvalidArgumentException("dtype", "i32", "f32, f64, f16, bf16, i8 or u8");
    }
    return Task.Format.of(type, layout);
  }

  private List<Integer> threads() {
    for (int count : threads) {
      if (count < 1) {
        throw new InvalidArgumentException("threads", count, "at least 1");
      }
    }
    return threads.isEmpty() ? List.of(0) : threads.stream().distinct().toList();
  }

  private double positiveSeconds() {
    if (!(seconds > 0) || Double.isInfinite(seconds)) {
      throw new InvalidArgumentException("seconds", seconds, "a number above 0");
    }
    return seconds;
  }

  private Machine machine() {
    try (Engine engine = Engine.open(device.spellings().getFirst())) {
      return new Machine(List.of(engine.device()));
    }
  }

  private static Machine machine(List<Station> stations) {
    return new Machine(
        stations.stream().map(station -> station.engine().device()).distinct().toList());
  }

  private int conclude(List<Row> rows) {
    long few =
        rows.stream()
            .map(Row::seconds)
            .filter(time -> time != null && time.samples() < BenchRun.WANTED_SAMPLES)
            .count();
    if (few > 0) {
      terminal.warn(
          few
              + " of "
              + rows.size()
              + " rows have fewer than "
              + BenchRun.WANTED_SAMPLES
              + " samples; --seconds gives more time");
    }
    boolean failed = rows.stream().anyMatch(r -> r.check().status() == Verdict.Status.FAILED);
    boolean nothing = rows.stream().allMatch(row -> row.seconds() == null);
    return failed || nothing || !chosenWell(rows) ? Exit.FAILED : Exit.OK;
  }

  private boolean chosenWell(List<Row> rows) {
    List<Choices> choices = Summary.of(rows).stream().map(Summary::choices).toList();
    long layers = choices.stream().mapToLong(one -> one.layers().size()).sum();
    long good = choices.stream().mapToLong(Choices::good).sum();
    boolean well = 100.0 * good >= goodChoices * layers;
    if (!well) {
      terminal.warn("the choice is good on " + good + " of " + layers + " layers");
    }
    return well;
  }
}
