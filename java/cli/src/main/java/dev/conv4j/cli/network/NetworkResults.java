package dev.conv4j.cli.network;

import dev.conv4j.cli.output.OutputFile;
import dev.conv4j.cli.output.Table;
import dev.conv4j.cli.output.Terminal;
import dev.conv4j.onnx.OnnxResult;
import dev.conv4j.onnx.OnnxResult.NodeTime;
import dev.conv4j.onnx.OnnxTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** Shows what a network gave, and where its time went. */
public final class NetworkResults {

  private static final int SLOWEST = 20;

  private NetworkResults() {}

  /** Returns for each output its dimensions, range and, of a classifier, the best classes. */
  public static Map<String, Object> summary(OnnxResult result, int top) {
    Map<String, Object> all = new LinkedHashMap<>();
    result.asMap().forEach((name, tensor) -> all.put(name, summary(tensor, top)));
    return all;
  }

  private static Map<String, Object> summary(OnnxTensor tensor, int top) {
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("type", tensor.type().spelling());
    facts.put("dims", IntStream.range(0, tensor.rank()).mapToObj(tensor::dim).toList());
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (long i = 0; i < tensor.elements(); i++) {
      low = Math.min(low, tensor.getDouble(i));
      high = Math.max(high, tensor.getDouble(i));
      sum += tensor.getDouble(i);
    }
    facts.put("min", low);
    facts.put("max", high);
    facts.put("mean", sum / tensor.elements());
    if (isClassifier(tensor)) {
      facts.put("top", best(tensor, top));
    }
    return facts;
  }

  /** A row of scores: [N, classes], perhaps with a pixel of space behind. */
  private static boolean isClassifier(OnnxTensor tensor) {
    return tensor.rank() >= 2
        && tensor.dim(1) > 1
        && tensor.elements() == tensor.dim(0) * tensor.dim(1);
  }

  private static List<List<Map<String, Object>>> best(OnnxTensor scores, int top) {
    List<List<Map<String, Object>>> rows = new ArrayList<>();
    long classes = scores.dim(1);
    for (long n = 0; n < scores.dim(0); n++) {
      long first = n * classes;
      rows.add(
          IntStream.range(0, Math.toIntExact(classes))
              .boxed()
              .sorted(Comparator.comparingDouble(c -> -scores.getDouble(first + c)))
              .limit(top)
              .map(c -> Map.<String, Object>of("class", c, "score", scores.getDouble(first + c)))
              .toList());
    }
    return rows;
  }

  /** Prints a summary. */
  public static void print(Map<String, Object> summary, Terminal terminal) {
    summary.forEach((name, value) -> {
      Map<?, ?> facts = (Map<?, ?>) value;
      terminal
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%s %s%s  min %.6g, max %.6g, mean %.6g",
                  terminal.bold(name),
                  facts.get("type"),
                  facts.get("dims"),
                  (Double) facts.get("min"),
                  (Double) facts.get("max"),
                  (Double) facts.get("mean")));
      if (facts.get("top") instanceof List<?> rows) {
        printTop(rows, terminal);
      }
    });
    terminal.out().flush();
  }

  private static void printTop(List<?> rows, Terminal terminal) {
    for (int n = 0; n < rows.size(); n++) {
      Table table = new Table(rows.size() > 1 ? "row " + n : "", ">class", ">score");
      for (Object best : (List<?>) rows.get(n)) {
        Map<?, ?> entry = (Map<?, ?>) best;
        table.row(
            "",
            String.valueOf(entry.get("class")),
            String.format(Locale.ROOT, "%.6g", (Double) entry.get("score")));
      }
      table.print(terminal);
    }
  }

  /** Writes every output as a NumPy file named after it. */
  public static void write(OnnxResult result, Path folder) {
    result
        .asMap()
        .forEach((name, tensor) -> {
          String safe = name.replaceAll("[^A-Za-z0-9._-]", "_");
          NpyFile.write(OutputFile.at(folder.resolve(safe + ".npy")), tensor);
        });
  }

  /** Returns the lesser time of each node in two runs. */
  public static List<NodeTime> least(List<NodeTime> a, List<NodeTime> b) {
    return IntStream.range(0, a.size())
        .mapToObj(i -> a.get(i).nanos() < b.get(i).nanos() ? a.get(i) : b.get(i))
        .toList();
  }

  /** Returns the time of each operator, most first. */
  public static Map<String, Object> profile(List<NodeTime> times) {
    Map<String, Long> byOperator = new LinkedHashMap<>();
    times.forEach(time -> byOperator.merge(time.op(), time.nanos(), Long::sum));
    Map<String, Object> sorted = new LinkedHashMap<>();
    byOperator.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .forEach(entry -> sorted.put(entry.getKey(), entry.getValue() / 1e6));
    return sorted;
  }

  /** Prints the time of each operator and of the slowest nodes. */
  public static void printProfile(List<NodeTime> times, Terminal terminal) {
    double total = times.stream().mapToLong(NodeTime::nanos).sum() / 1e6;
    Table operators = new Table("operator", ">nodes", ">ms", ">share");
    profile(times)
        .forEach((op, millis) ->
            operators.row(
                op,
                String.valueOf(times.stream().filter(t -> t.op().equals(op)).count()),
                String.format(Locale.ROOT, "%.3f", (Double) millis),
                String.format(Locale.ROOT, "%.1f%%", 100 * (Double) millis / total)));
    operators.print(terminal);
    terminal.out().println();
    Table slowest = new Table("node", "operator", ">ms", ">share");
    times.stream()
        .sorted(Comparator.comparingLong(NodeTime::nanos).reversed())
        .limit(SLOWEST)
        .forEach(time ->
            slowest.row(
                time.node(),
                time.op(),
                String.format(Locale.ROOT, "%.3f", time.nanos() / 1e6),
                String.format(Locale.ROOT, "%.1f%%", time.nanos() / 1e4 / total)));
    slowest.print(terminal);
  }
}
