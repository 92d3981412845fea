package dev.conv4j.bench.gpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the comparisons come to, by suite, mode and direction; means are geometric. */
final class Summary {

  private Summary() {}

  /** Returns a line for each group, in the order of the rows. */
  static List<Map<String, @Nullable Object>> of(List<Map<String, Object>> rows) {
    Map<String, List<Map<String, Object>>> groups = new LinkedHashMap<>();
    for (Map<String, Object> row : rows) {
      String group = row.get("suite") + "\n" + row.get("mode") + "\n" + row.get("direction");
      groups.computeIfAbsent(group, fresh -> new ArrayList<>()).add(row);
    }
    return groups.values().stream().map(Summary::line).toList();
  }

  private static Map<String, @Nullable Object> line(List<Map<String, Object>> rows) {
    double logarithms = 0;
    double rates = 0;
    int timed = 0;
    int compared = 0;
    int won = 0;
    double worst = Double.MAX_VALUE;
    Object worstProblem = null;
    for (Map<String, Object> row : rows) {
      double ours = number(row.get("p50_ms"));
      double theirs = number(row.get("cudnn_p50_ms"));
      if (ours > 0) {
        timed++;
        rates += Math.log(number(row.get("gflops")));
      }
      if (ours > 0 && theirs > 0) {
        double ratio = theirs / ours;
        compared++;
        won += ratio >= 1 ? 1 : 0;
        logarithms += Math.log(ratio);
        if (ratio < worst) {
          worst = ratio;
          worstProblem = row.get("problem");
        }
      }
    }
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    for (String field : List.of("suite", "mode", "layout", "direction")) {
      line.put(field, rows.getFirst().get(field));
    }
    line.put("layers", rows.size());
    line.put(
        "failed", rows.stream().filter(row -> Boolean.FALSE.equals(row.get("verified"))).count());
    line.put("timed", timed);
    line.put("compared", compared);
    line.put("gflops_geomean", timed == 0 ? null : Math.exp(rates / timed));
    line.put("cudnn_over_ours_geomean", compared == 0 ? null : Math.exp(logarithms / compared));
    line.put("won", won);
    line.put("worst_ratio", compared == 0 ? null : worst);
    line.put("worst_layer", worstProblem);
    return line;
  }

  private static double number(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : 0;
  }

  /** Returns a cell of a table. */
  static String cell(@Nullable Object value) {
    if (value == null) {
      return "-";
    }
    return value instanceof Double number
        ? String.format(Locale.ROOT, number < 10 ? "%.2f" : "%.0f", number)
        : value.toString();
  }
}
