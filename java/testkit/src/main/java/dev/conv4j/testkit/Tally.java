package dev.conv4j.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What ran and what came of it, by algorithm and by group of options. A suite that tested nothing
 * shows here, and a floor on the printed count turns it red.
 */
public final class Tally {

  /** One cell of the report. */
  public static final class Cell {
    private int passed;
    private int failed;
    private int refused;
    private String firstRefusal = "";
    private final List<String> failures = new ArrayList<>();

    private Cell() {}

    /** Returns the validations that passed. */
    public int passed() {
      return passed;
    }

    /** Returns the validations that failed. */
    public int failed() {
      return failed;
    }

    /** Returns the problems refused. */
    public int refused() {
      return refused;
    }

    /** Returns why the first one was refused. */
    public String firstRefusal() {
      return firstRefusal;
    }

    /** Returns the first failures, each with what repeats it. */
    public List<String> failures() {
      return failures;
    }
  }

  private static final int FAILURES_KEPT = 8;

  private final Map<String, Map<String, Cell>> cells = new LinkedHashMap<>();

  /** Nothing ran yet. */
  public Tally() {}

  /** Returns the cell of an algorithm and a group. */
  public Cell cell(String algorithm, String group) {
    return cells
        .computeIfAbsent(algorithm, a -> new LinkedHashMap<>())
        .computeIfAbsent(group, g -> new Cell());
  }

  /** Counts a validation that passed. */
  public void pass(String algorithm, String group) {
    cell(algorithm, group).passed++;
  }

  /** Counts a validation that failed. */
  public void fail(String algorithm, String group, String message) {
    Cell cell = cell(algorithm, group);
    cell.failed++;
    if (cell.failures.size() < FAILURES_KEPT) {
      cell.failures.add(message);
    }
  }

  /** Counts a problem an algorithm does not take. */
  public void refuse(String algorithm, String group, String reason) {
    Cell cell = cell(algorithm, group);
    cell.refused++;
    if (cell.firstRefusal.isEmpty()) {
      cell.firstRefusal = reason;
    }
  }

  /** Adds the counts and failures of another one. */
  public void add(Tally other) {
    other.cells.forEach((algorithm, groups) ->
        groups.forEach((group, cell) -> {
          Cell own = cell(algorithm, group);
          own.passed += cell.passed;
          own.failed += cell.failed;
          own.refused += cell.refused;
          own.firstRefusal = own.firstRefusal.isEmpty() ? cell.firstRefusal : own.firstRefusal;
          own.failures.addAll(cell.failures);
        }));
  }

  /** Returns the algorithms in the order they came. */
  public List<String> algorithms() {
    return List.copyOf(cells.keySet());
  }

  /** Returns the groups of an algorithm in the order they came. */
  public Map<String, Cell> groups(String algorithm) {
    return cells.getOrDefault(algorithm, Map.of());
  }

  /** Returns how many results of an algorithm were compared. */
  public int validations(String algorithm) {
    return groups(algorithm).values().stream().mapToInt(c -> c.passed + c.failed).sum();
  }

  /** Returns how many results were compared. */
  public int validations() {
    return cells.keySet().stream().mapToInt(this::validations).sum();
  }

  /** Returns how many were wrong. */
  public int failures() {
    return cells.values().stream()
        .flatMap(groups -> groups.values().stream())
        .mapToInt(Cell::failed)
        .sum();
  }

  /** Returns the first failures of every algorithm, with what repeats them. */
  public String firstFailures() {
    StringBuilder out = new StringBuilder(failures() + " of " + validations() + " failed, first:");
    cells.values().stream()
        .flatMap(groups -> groups.values().stream())
        .flatMap(cell -> cell.failures().stream())
        .forEach(message -> out.append("\n  ").append(message));
    return out.toString();
  }

  /** Returns the line that floors are compared with. */
  public String summary() {
    long exercised = cells.keySet().stream().filter(a -> validations(a) > 0).count();
    return "validations=" + validations() + " algorithms=" + exercised;
  }

  /**
   * Writes {@code <label>.txt} with the summary and {@code <label>.md} with a table.
   *
   * @param directory created when missing
   * @param label names the backend and the way it was run
   */
  public void write(Path directory, String label) {
    try {
      Files.createDirectories(directory);
      Files.writeString(directory.resolve(label + ".txt"), summary() + "\n");
      Files.writeString(directory.resolve(label + ".md"), table(label));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private String table(String label) {
    StringBuilder out =
        new StringBuilder("# Conformance of " + label + "\n\n" + summary() + "\n\n");
    out.append("| algorithm | what | passed | failed | refused | first reason |\n");
    out.append("|---|---|---:|---:|---:|---|\n");
    cells.forEach((algorithm, groups) ->
        groups.forEach((group, cell) ->
            out.append("| ")
                .append(
                    String.join(
                        " | ",
                        algorithm,
                        group,
                        String.valueOf(cell.passed),
                        String.valueOf(cell.failed),
                        String.valueOf(cell.refused),
                        cell.firstRefusal.replace("|", "\\|")))
                .append(" |\n")));
    return out.toString();
  }
}
