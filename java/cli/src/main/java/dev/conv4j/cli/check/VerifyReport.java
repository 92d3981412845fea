package dev.conv4j.cli.check;

import dev.conv4j.cli.Machine;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What came out of a verification, for people and for programs. */
public final class VerifyReport {

  private static final int FAILURES_SHOWN = 20;

  /**
   * One algorithm on one case.
   *
   * @param device the device's id
   * @param algorithm the algorithm's id
   * @param testCase the case
   * @param verdict what the oracle said
   */
  public record Result(String device, String algorithm, Case testCase, Verdict verdict) {

    /** Returns a command line that runs this again. */
    String repro() {
      return String.format(
          Locale.ROOT,
          "conv4j verify --device %s --algorithm %s --problem '%s'",
          device,
          algorithm,
          testCase);
    }
  }

  private final List<Result> results = new ArrayList<>();

  void add(Result result) {
    results.add(result);
  }

  /** Returns how many cases agreed. */
  public long passed() {
    return count(results, Verdict.Status.PASSED);
  }

  /** Returns how many did not. */
  public long failed() {
    return count(results, Verdict.Status.FAILED);
  }

  private static long count(List<Result> some, Verdict.Status status) {
    return some.stream().filter(result -> result.verdict.status() == status).count();
  }

  private Map<String, List<Result>> byAlgorithm() {
    Map<String, List<Result>> groups = new LinkedHashMap<>();
    for (Result result : results) {
      groups
          .computeIfAbsent(result.device + '\n' + result.algorithm, fresh -> new ArrayList<>())
          .add(result);
    }
    return groups;
  }

  /** Prints a table, the failures, and the counts on the last line. */
  public void print(Terminal terminal) {
    Table table = new Table("device", "algorithm", ">passed", ">failed", ">skipped");
    for (List<Result> group : byAlgorithm().values()) {
      table.row(
          group.getFirst().device,
          group.getFirst().algorithm,
          String.valueOf(count(group, Verdict.Status.PASSED)),
          String.valueOf(count(group, Verdict.Status.FAILED)),
          String.valueOf(count(group, Verdict.Status.SKIPPED)));
    }
    table.print(terminal);
    terminal.out().println();
    printFailures(terminal);
    terminal.out().println(counts());
    terminal.out().flush();
  }

  private void printFailures(Terminal terminal) {
    results.stream()
        .filter(result -> result.verdict.status() == Verdict.Status.FAILED)
        .limit(FAILURES_SHOWN)
        .forEach(result -> {
          terminal.out().println(terminal.red("FAILED ") + result.repro());
          terminal.out().println("       " + result.verdict.complaint());
        });
    if (failed() > FAILURES_SHOWN) {
      terminal.out().println("... and " + (failed() - FAILURES_SHOWN) + " more");
    }
    if (failed() > 0) {
      terminal.out().println();
    }
  }

  private String counts() {
    return passed()
        + " passed, "
        + failed()
        + " failed, "
        + count(results, Verdict.Status.SKIPPED)
        + " skipped";
  }

  /** Returns the report for programs. */
  public Map<String, Object> toJson(Machine machine) {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("machine", machine.toJson());
    document.put("passed", passed());
    document.put("failed", failed());
    document.put("skipped", count(results, Verdict.Status.SKIPPED));
    document.put("rows", results.stream().map(VerifyReport::row).toList());
    return document;
  }

  private static Map<String, @Nullable Object> row(Result result) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("problem", result.testCase.toString());
    fields.put("device", result.device);
    fields.put("algorithm", result.algorithm);
    fields.put("status", result.verdict.status().name().toLowerCase(Locale.ROOT));
    fields.put("max_error", result.verdict.maxError());
    fields.put("note", result.verdict.complaint());
    fields.put("repro", result.repro());
    return fields;
  }
}
