package dev.conv4j.bench.gpu;

import dev.conv4j.Conv4jException;
import dev.conv4j.Convolution;
import dev.conv4j.DeviceAbsentException;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.Machine;
import dev.conv4j.cli.bench.Suite;
import dev.conv4j.cli.output.Json;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code gpu-check}. */
@Command(
    name = "gpu-check",
    description = {
      "Everything a lent GPU is lent for, in one go: launch overhead, measured peaks, conformance,"
          + " then convolutions beside cuDNN in turn, the most wanted first, until the time is up.",
      "",
      "Every result is checked against double-precision sums before and after it is timed. What is"
          + " found is written as it comes, so that nothing is lost when the time ends early; run"
          + " again with the same --out, it goes on where it was.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class GpuCheck implements Callable<Integer> {

  private static final int OK = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int ABSENT = 3;

  /** The device is in no state to go on; another process may. */
  private static final int AGAIN = 4;

  private static final double CONFORMANCE_SHARE = 0.2;
  private static final double LEAST_SECONDS = 0.1;
  private static final double MOST_SECONDS = 1.2;

  @Option(names = "--device", paramLabel = "D", description = "Default: ${DEFAULT-VALUE}.")
  private String device = "cuda:0";

  @Option(names = "--out", paramLabel = "DIR", description = "Default: ${DEFAULT-VALUE}.")
  private Path out = Path.of("gpu-check");

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "All the time there is, about. Default: ${DEFAULT-VALUE}.")
  private double seconds = 480;

  @Option(
      names = "--suite",
      paramLabel = "NAME|FILE[=BATCH]",
      description =
          "What to compare, most wanted first. Default: resnet50=32, vgg16=16, mobilenetv2=32,"
              + " deepbench_train.")
  private List<String> suites = new ArrayList<>();

  @Option(
      names = "--mode",
      split = ",",
      paramLabel = "LIST",
      description = "f32, f16, tf32, bf16; default: all.")
  private List<String> modes = new ArrayList<>();

  @Option(
      names = "--cudnn",
      paramLabel = "DIR|none",
      description = "The folder of libcudnn.so.9; else CONV4J_CUDNN, else it is searched for.")
  private String cudnn = "";

  @Option(
      names = "--quick",
      description =
          "The least of everything before the comparisons: for a device that is not real.")
  private boolean quick;

  private final Terminal terminal = Terminal.system();
  private long end;

  private GpuCheck() {}

  /** Runs it and ends the process with its exit code. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new GpuCheck());
    // The script behind `run` appends what is left of the time.
    line.setOverwrittenOptionsAllowed(true);
    line.setExecutionExceptionHandler((thrown, command, parsed) -> explain(thrown));
    System.exit(line.execute(args));
  }

  private static int explain(Throwable thrown) {
    System.err.println("gpu-check: " + String.valueOf(thrown.getMessage()).replaceAll("\\s+", " "));
    if (System.getenv("CONV4J_DEBUG") != null || !(thrown instanceof Conv4jException)) {
      thrown.printStackTrace();
    }
    return switch (thrown) {
      case DeviceAbsentException absent -> ABSENT;
      case InvalidArgumentException usage -> USAGE;
      default -> AGAIN;
    };
  }

  @Override
  public Integer call() {
    long begin = System.nanoTime();
    end = begin + (long) (seconds * 1e9);
    List<Item> items = items();
    try (Engine engine = Engine.open(device);
        Driver driver = new Driver(engine.device().index())) {
      Journal journal = new Journal(out);
      Watchdog watchdog = Watchdog.start();
      Map<String, Object> facts =
          new LinkedHashMap<>(new Machine(List.of(engine.device())).toJson());
      try (Peer peer = peer(driver)) {
        facts.put("cudnn", peer.description);
        say("device " + engine.device().name() + ", cuDNN " + peer.description);
        Phases phases = new Phases(engine, driver, journal, watchdog, terminal);
        phases.launches(quick);
        phases.peaks(quick);
        phases.conformance(System.nanoTime() + (long) ((end - begin) * CONFORMANCE_SHARE));
        compare(engine, peer.cudnn, items, journal, watchdog);
      } finally {
        watchdog.stop();
        report(facts, journal, items.size());
      }
      return conclude(journal);
    }
  }

  /** cuDNN, or why there is none. */
  private record Peer(@Nullable Cudnn cudnn, String description) implements AutoCloseable {
    @Override
    public void close() {
      if (cudnn != null) {
        cudnn.close();
      }
    }
  }

  private Peer peer(Driver driver) {
    if (cudnn.equals("none")) {
      return new Peer(null, "left out");
    }
    try {
      NativeLibrary library = CudnnLibrary.load(cudnn);
      return new Peer(new Cudnn(library, driver), Cudnn.version(library));
    } catch (IllegalArgumentException | Conv4jException absent) {
      return new Peer(null, "absent: " + absent.getMessage());
    }
  }

  /** What is most wanted comes first: forward everywhere, then gradients. */
  private List<Item> items() {
    List<Mode> wanted =
        Mode.ALL.stream().filter(m -> modes.isEmpty() || modes.contains(m.name())).toList();
    if (wanted.isEmpty()) {
      throw new InvalidArgumentException("mode", modes, "some of f32, f16, tf32, bf16");
    }
    List<String> names =
        suites.isEmpty()
            ? List.of("resnet50=32", "vgg16=16", "mobilenetv2=32", "deepbench_train")
            : suites;
    List<Item> items = new ArrayList<>();
    for (Direction direction : Direction.values()) {
      for (String name : names) {
        Suite suite = suite(name);
        for (Mode mode : wanted) {
          for (Convolution problem : suite.problems()) {
            items.add(new Item(suite.name(), problem, mode, direction));
          }
        }
      }
    }
    return items;
  }

  private static Suite suite(String name) {
    int sign = name.lastIndexOf('=');
    if (sign < 0) {
      return Suite.load(name);
    }
    try {
      return Suite.load(name.substring(0, sign))
          .withBatch(Long.parseLong(name.substring(sign + 1)));
    } catch (NumberFormatException malformed) {
      throw new InvalidArgumentException("suite", "'" + name + "'", "a number behind the =");
    }
  }

  private void compare(
      Engine engine, @Nullable Cudnn peer, List<Item> items, Journal journal, Watchdog watchdog) {
    Comparison comparison = new Comparison(engine, peer, new HostData());
    List<Item> left = items.stream().filter(item -> !journal.has(item.key())).toList();
    int done = 0;
    double preparing = 0.3;
    for (Item item : left) {
      double remaining = (end - System.nanoTime()) * 1e-9;
      if (remaining <= 0) {
        return;
      }
      // Forward is the point; gradients take what is left.
      long sharing =
          left.stream().skip(done).filter(i -> i.direction() == item.direction()).count();
      double share = Math.clamp(remaining / sharing - preparing, LEAST_SECONDS, MOST_SECONDS);
      journal.begin(item.key());
      watchdog.item();
      long begin = System.nanoTime();
      Map<String, @Nullable Object> row = comparison.run(item, share);
      preparing = 0.9 * preparing + 0.1 * ((System.nanoTime() - begin) * 1e-9 - share);
      journal.add(row);
      done++;
      say(
          String.format(
              Locale.ROOT,
              "%4d s left  %-52s %10s ms, cuDNN %10s ms%s",
              (end - System.nanoTime()) / 1_000_000_000,
              item.key(),
              Summary.cell(row.get("p50_ms")),
              Summary.cell(row.get("cudnn_p50_ms")),
              Boolean.FALSE.equals(row.get("verified")) ? "  FAILED: " + row.get("note") : ""));
    }
  }

  private void report(Map<String, Object> facts, Journal journal, int items) {
    List<Map<String, Object>> rows = journal.with("direction");
    Map<String, @Nullable Object> document = new LinkedHashMap<>();
    document.put("machine", facts);
    for (String phase : Phases.KEYS) {
      document.put(phase, journal.get(phase));
    }
    document.put("items", items);
    document.put("reached", rows.size());
    document.put(
        "broke",
        journal.with("key").stream()
            .filter(e -> "took the process down, or did not end".equals(e.get("note")))
            .toList());
    List<Map<String, @Nullable Object>> summary = Summary.of(rows);
    document.put("summary", summary);
    document.put("rows", rows);
    Json.to(out.resolve("gpu-check.json").toString(), terminal).write(document);
    print(facts, journal, summary);
  }

  private void print(
      Map<String, Object> facts, Journal journal, List<Map<String, @Nullable Object>> summary) {
    terminal.out().println("commit " + facts.get("commit") + ", cuDNN " + facts.get("cudnn"));
    terminal.out().println(facts.get("devices"));
    for (String phase : Phases.KEYS) {
      terminal.out().println(journal.get(phase));
    }
    Table table =
        new Table(
            "suite",
            "mode",
            "direction",
            ">layers",
            ">timed",
            ">failed",
            ">GFLOP/s",
            ">cuDNN/ours",
            ">won",
            ">worst",
            "worst layer");
    for (Map<String, @Nullable Object> line : summary) {
      table.row(
          Summary.cell(line.get("suite")),
          line.get("mode") + " " + line.get("layout"),
          Summary.cell(line.get("direction")),
          Summary.cell(line.get("layers")),
          Summary.cell(line.get("timed")),
          Summary.cell(line.get("failed")),
          Summary.cell(line.get("gflops_geomean")),
          Summary.cell(line.get("cudnn_over_ours_geomean")),
          line.get("won") + "/" + line.get("compared"),
          Summary.cell(line.get("worst_ratio")),
          Summary.cell(line.get("worst_layer")));
    }
    table.print(terminal);
    terminal.out().flush();
  }

  private int conclude(Journal journal) {
    Object failed = journal.get(Phases.CONFORMANCE) == null ? null : 0;
    Map<String, Object> conformance = journal.get(Phases.CONFORMANCE);
    if (conformance != null) {
      failed = conformance.get("failed");
    }
    boolean bad =
        journal.with("verified").stream()
            .anyMatch(row -> Boolean.FALSE.equals(row.get("verified")));
    return bad || !(failed instanceof Number number && number.longValue() == 0) ? FAILED : OK;
  }

  private void say(String sentence) {
    terminal.err().println("gpu-check: " + sentence);
    terminal.err().flush();
  }
}
