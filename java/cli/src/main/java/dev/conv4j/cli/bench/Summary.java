package dev.conv4j.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a suite comes to on one device with one number of threads. Means are geometric, over layers
 * that were timed.
 *
 * @param suite the suite
 * @param device the device's id
 * @param threads CPU threads, 0 where the device has none of ours
 * @param ours its rows
 * @param timed those with a time
 * @param rivals for each timed row the best peer's median in seconds, empty without one
 */
public record Summary(
    String suite,
    String device,
    int threads,
    List<Row> ours,
    List<Row> timed,
    List<OptionalDouble> rivals) {

  /** Sums up every suite on every device and number of threads, in the order of the rows. */
  public static List<Summary> of(List<Row> rows) {
    Map<String, List<Row>> groups = new LinkedHashMap<>();
    for (Row row : rows) {
      if (row.who().device() != null) {
        String key = row.suite() + '\n' + row.who().device() + '\n' + row.who().threads();
        groups.computeIfAbsent(key, fresh -> new ArrayList<>()).add(row);
      }
    }
    return groups.values().stream().map(ours -> of(ours, rows)).toList();
  }

  private static Summary of(List<Row> ours, List<Row> all) {
    Row first = ours.getFirst();
    List<Row> timed = ours.stream().filter(row -> row.seconds() != null).toList();
    return new Summary(
        first.suite(),
        String.valueOf(first.who().device()),
        first.who().threads(),
        ours,
        timed,
        timed.stream().map(row -> bestPeer(row, all)).toList());
  }

  /** Returns the median of the fastest peer on the same problem with as many threads. */
  static OptionalDouble bestPeer(Row ours, List<Row> all) {
    return all.stream()
        .filter(row -> row.who().peer() != null && row.seconds() != null)
        .filter(row -> row.suite().equals(ours.suite()) && row.problem().equals(ours.problem()))
        .filter(row -> ours.who().threads() == 0 || row.who().threads() == ours.who().threads())
        .mapToDouble(row -> median(row))
        .min();
  }

  private static double median(Row row) {
    Statistics seconds = row.seconds();
    return seconds == null ? Double.NaN : seconds.median();
  }

  /** Returns the time of all layers together, in seconds. */
  public double total() {
    return timed.stream().mapToDouble(Summary::median).sum();
  }

  /** Returns the mean rate, in operations for each second. */
  public OptionalDouble flops() {
    return mean(timed, row -> row.flops().orElse(Double.NaN));
  }

  /** Returns the mean share of the measured peak. */
  public OptionalDouble shareOfPeak() {
    return mean(timed, row -> row.shareOfPeak().orElse(Double.NaN));
  }

  /** Returns the mean of the best peer's time over ours, over the layers a peer ran. */
  public OptionalDouble speedup() {
    return mean(
        IntStream.range(0, timed.size()).filter(i -> rivals.get(i).isPresent()).boxed().toList(),
        this::speedup);
  }

  private double speedup(int index) {
    return rivals.get(index).orElse(Double.NaN) / median(timed.get(index));
  }

  /** Returns the number of layers on which we are faster than every peer. */
  public long won() {
    return IntStream.range(0, timed.size()).filter(i -> speedup(i) > 1).count();
  }

  /** Returns the number of layers that a peer ran too. */
  public long contested() {
    return rivals.stream().filter(OptionalDouble::isPresent).count();
  }

  /** Returns the layer furthest behind: the best peer where there is one, else the peak. */
  public @Nullable Row worst() {
    Row worst = null;
    double least = Double.MAX_VALUE;
    for (int i = 0; i < timed.size(); i++) {
      double measure =
          contested() > 0
              ? speedup(i)
              : timed.get(i).shareOfPeak().orElse(timed.get(i).flops().orElse(Double.NaN));
      if (measure < least) {
        least = measure;
        worst = timed.get(i);
      }
    }
    return worst;
  }

  private static <T> OptionalDouble mean(List<T> items, ToDoubleFunction<T> value) {
    if (items.isEmpty()) {
      return OptionalDouble.empty();
    }
    double mean =
        Math.exp(
            items.stream()
                .mapToDouble(item -> Math.log(value.applyAsDouble(item)))
                .average()
                .orElse(Double.NaN));
    return Double.isFinite(mean) ? OptionalDouble.of(mean) : OptionalDouble.empty();
  }
}
