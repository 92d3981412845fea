package dev.conv4j.cli.network;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.cli.output.Progress;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.onnx.OnnxConformance;
import dev.conv4j.onnx.OnnxConformance.Outcome;
import dev.conv4j.onnx.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What came of ONNX test folders on some devices. */
public final class NetworkReport {

  private record Result(String device, Outcome outcome) {}

  private final List<Result> results = new ArrayList<>();

  private NetworkReport() {}

  /** Runs every test on every device. */
  public static NetworkReport run(List<Path> tests, List<String> devices, Terminal terminal) {
    NetworkReport report = new NetworkReport();
    // Right or wrong is the question here; which kernel ran is told by a run's explanation.
    SessionOptions options = SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);
    try (Progress progress = new Progress(terminal, "verify")) {
      for (String device : devices) {
        try (Engine engine = Engine.open(device)) {
          OnnxConformance conformance = new OnnxConformance(engine, options);
          for (Path test : tests) {
            progress.at(
                (double) report.results.size() / (tests.size() * devices.size()),
                test.getFileName().toString());
            report.results.add(new Result(engine.device().id(), conformance.run(test)));
          }
        }
      }
    }
    return report;
  }

  /** Returns how many tests agreed. */
  public long passed() {
    return results.stream().filter(result -> result.outcome.passed()).count();
  }

  /** Returns how many did not. */
  public long failed() {
    return results.size() - passed();
  }

  /** Prints the failures, and the counts on the last line. */
  public void print(Terminal terminal) {
    for (Result result : results) {
      if (!result.outcome.passed()) {
        terminal
            .out()
            .println(terminal.red("FAILED ") + result.device + " " + result.outcome.folder());
        terminal.out().println("       " + result.outcome.detail());
      }
    }
    terminal.out().println(passed() + " passed, " + failed() + " failed, 0 skipped");
    terminal.out().flush();
  }

  /** Returns the report for programs. */
  public Map<String, Object> toJson() {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("passed", passed());
    document.put("failed", failed());
    document.put("skipped", 0);
    document.put(
        "rows",
        results.stream()
            .map(result ->
                Map.of(
                    "test",
                    result.outcome.folder().toString(),
                    "device",
                    result.device,
                    "status",
                    result.outcome.passed() ? "passed" : "failed",
                    "note",
                    result.outcome.detail()))
            .toList());
    return document;
  }
}
