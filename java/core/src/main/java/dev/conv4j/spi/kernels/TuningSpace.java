package dev.conv4j.spi.kernels;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The tile sizes worth trying for a kernel.
 *
 * @param defaults what runs without a measured tuning
 * @param ranges values for each macro that may vary
 * @param constraints what a combination must obey
 */
public record TuningSpace(
    Tuning defaults, Map<String, List<Integer>> ranges, List<Constraint> constraints) {

  /**
   * A rule of a kernel, the same as its {@code #error}.
   *
   * @param sentence what it demands
   * @param holds whether a combination obeys it
   */
  public record Constraint(String sentence, Predicate<Tuning> holds) {}

  /** Copies the collections. */
  public TuningSpace {
    ranges = Map.copyOf(ranges);
    constraints = List.copyOf(constraints);
  }

  /** Returns the space of one point. */
  public static TuningSpace fixed(Tuning defaults) {
    return new TuningSpace(defaults, Map.of(), List.of());
  }

  /** Returns whether a combination obeys every rule. */
  public boolean allows(Tuning tuning) {
    return tuning.values().keySet().equals(defaults.values().keySet())
        && constraints.stream().allMatch(rule -> rule.holds().test(tuning));
  }

  /** Returns the combinations, the defaults first, then those that differ least from them. */
  public List<Tuning> candidates() {
    List<Tuning> all = new ArrayList<>(List.of(defaults));
    for (Map.Entry<String, List<Integer>> range : new TreeMap<>(ranges).entrySet()) {
      List<Tuning> wider = new ArrayList<>();
      for (Tuning tuning : all) {
        range.getValue().forEach(value -> wider.add(tuning.with(range.getKey(), value)));
      }
      all = wider;
    }
    return java.util.stream.Stream.concat(java.util.stream.Stream.of(defaults), all.stream())
        .distinct()
        .filter(this::allows)
        .sorted(Comparator.comparingInt(this::distance))
        .toList();
  }

  private int distance(Tuning tuning) {
    return (int)
        tuning.values().entrySet().stream()
            .filter(e -> !e.getValue().equals(defaults.get(e.getKey())))
            .count();
  }
}
