package dev.conv4j.cli;

import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.cli.check.Case;
import dev.conv4j.cli.check.VerifyReport;
import dev.conv4j.cli.check.VerifyRun;
import dev.conv4j.cli.network.NetworkReport;
import dev.conv4j.cli.output.Json;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.onnx.OnnxConformance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code conv4j verify}. */
@Command(
    name = "verify",
    description = {
      "Runs every algorithm of every device on a built-in list of problems and holds the results to"
          + " a double-precision sum: integers to the bit, floats within a derived bound.",
      "",
      "A problem that an algorithm does not take counts as skipped. Ends with 1 when something"
          + " failed, and when nothing ran.",
      ""
    },
    mixinStandardHelpOptions = true,
    versionProvider = BuildInfo.Provider.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  conv4j verify",
      "  conv4j verify --device cpu --json verified.json",
      "  conv4j verify --device cpu onnx/backend/test/data/node",
      "  conv4j verify --problem 'n1c8i7x7k8f3x3p1 nhwc bias relu' --algorithm reference"
    })
final class VerifyCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(
      paramLabel = "DIR",
      arity = "0..*",
      description =
          "Folders with ONNX tests below them (model.onnx, test_data_set_*, perhaps data.json), to"
              + " be run instead of the list.")
  private List<String> folders = new ArrayList<>();

  @Mixin private DeviceOption device = new DeviceOption();

  @Option(
      names = "--problem",
      paramLabel = "LINE",
      description =
          "A problem instead of the list, with words such as nhwc, backward-data, f16, bias, relu"
              + " behind it. May be repeated.")
  private List<String> problems = new ArrayList<>();

  @Option(
      names = "--algorithm",
      split = ",",
      paramLabel = "LIST",
      description = "Only these algorithms.")
  private List<String> algorithms = new ArrayList<>();

  @Option(
      names = "--json",
      paramLabel = "F",
      description = "Also write JSON to a file; - prints it instead of the table.")
  private @Nullable String json;

  VerifyCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Json target = json == null ? null : Json.to(json, terminal);
    return folders.isEmpty() ? verifyAlgorithms(target) : verifyNetworks(target);
  }

  private int verifyNetworks(@Nullable Json target) {
    if (!problems.isEmpty() || !algorithms.isEmpty()) {
      throw new InvalidArgumentException(
          "DIR", "given with --problem or --algorithm", "folders alone, or problems alone");
    }
    List<Path> tests = new ArrayList<>();
    folders.forEach(folder -> tests.addAll(OnnxConformance.find(Path.of(folder))));
    NetworkReport report = NetworkReport.run(tests, device.spellings(), terminal);
    if (target != null) {
      target.write(report.toJson());
    }
    if (!Json.STDOUT.equals(json)) {
      report.print(terminal);
    }
    return report.failed() > 0 || report.passed() == 0 ? Exit.FAILED : Exit.OK;
  }

  private int verifyAlgorithms(@Nullable Json target) {
    List<Case> cases = Case.of(list());
    List<Engine> engines = new ArrayList<>();
    try {
      device.spellings().forEach(spelling -> engines.add(Engine.open(spelling)));
      VerifyReport report = VerifyRun.run(engines, cases, algorithms, terminal);
      if (target != null) {
        Machine machine = new Machine(engines.stream().map(Engine::device).toList());
        target.write(report.toJson(machine));
      }
      if (!Json.STDOUT.equals(json)) {
        report.print(terminal);
      }
      return report.failed() > 0 || report.passed() == 0 ? Exit.FAILED : Exit.OK;
    } finally {
      engines.forEach(Engine::close);
    }
  }

  private Problems list() {
    if (problems.isEmpty()) {
      return Problems.resource("problems/verify.txt");
    }
    List<Problems.Line> lines = new ArrayList<>();
    for (String line : problems) {
      List<String> words = Arrays.asList(line.strip().split("\\s+"));
      lines.add(
          new Problems.Line(Convolution.parse(words.getFirst()), words.subList(1, words.size())));
    }
    return new Problems(lines);
  }
}
