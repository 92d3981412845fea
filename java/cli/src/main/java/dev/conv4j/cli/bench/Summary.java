package dev.conv4j.cli.bench;

import dev.conv4j.cli.peer.Peer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
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
 * @param dropIn against the best of the peers that take the task's memory order
 * @param natively against the best of those that work in an order of their own
 * @param alone against each peer
 * @param choices what the planner's choices cost, where several algorithms were timed
 */
public record Summary(
    String suite,
    String device,
    int threads,
    List<Row> ours,
    List<Row> timed,
    Duel dropIn,
    Duel natively,
    List<Duel> alone,
    Choices choices) {

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
        duel("best peer", timed, all, row -> row.who().form() == Peer.Form.DROP_IN),
        duel(
            "best peer in its own layout", timed, all, row -> row.who().form() == Peer.Form.NATIVE),
        all.stream()
            .map(row -> row.who().peer())
            .flatMap(Stream::ofNullable)
            .distinct()
            .map(name -> duel(name, timed, all, row -> name.equals(row.who().peer())))
            .toList(),
        Choices.of(timed));
  }

  private static Duel duel(String rival, List<Row> timed, List<Row> all, Predicate<Row> takesPart) {
    List<Row> theirs =
        all.stream()
            .filter(row -> row.who().peer() != null && row.seconds() != null)
            .filter(takesPart)
            .toList();
    return new Duel(rival, timed, timed.stream().map(row -> ratio(row, theirs)).toList());
  }

  /** Returns the least median on the same problem with as many threads, over ours. */
  private static OptionalDouble ratio(Row ours, List<Row> theirs) {
    OptionalDouble best =
        theirs.stream()
            .filter(row -> row.suite().equals(ours.suite()) && row.problem().equals(ours.problem()))
            .filter(row -> ours.who().threads() == 0 || row.who().threads() == ours.who().threads())
            .mapToDouble(Summary::median)
            .min();
    return best.isPresent()
        ? OptionalDouble.of(best.getAsDouble() / median(ours))
        : OptionalDouble.empty();
  }

  private static double median(Row row) {
    Statistics seconds = row.seconds();
    return seconds == null ? Double.NaN : seconds.median();
  }

  /** Returns those duels that took place: with the best of the peers, then with each. */
  public List<Duel> duels() {
    return Stream.concat(Stream.of(dropIn, natively), alone.stream())
        .filter(duel -> duel.contested() > 0)
        .toList();
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

  /** Returns the layer furthest behind: the best peer where there is one, else the peak. */
  public @Nullable Row worst() {
    return dropIn.contested() > 0
        ? dropIn.worst()
        : timed.stream().min(Comparator.comparingDouble(Summary::measure)).orElse(null);
  }

  private static double measure(Row row) {
    return row.shareOfPeak().orElse(row.flops().orElse(Double.NaN));
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
