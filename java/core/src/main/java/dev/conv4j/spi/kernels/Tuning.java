package dev.conv4j.spi.kernels;

import dev.conv4j.InvalidArgumentException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The tile sizes of a kernel: what is passed to its compiler, and what the launch grid is computed
 * from. Immutable. No tile constant stands anywhere else on the host.
 *
 * @param values each macro's name and value, in the order of names
 */
public record Tuning(SortedMap<String, Integer> values) {

  /** No tile sizes. */
  public static final Tuning NONE = new Tuning(new TreeMap<>());

  /** Copies the map. */
  public Tuning {
    values = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(values));
  }

  /**
   * Returns tile sizes.
   *
   * @param values each macro's name and value
   */
  public static Tuning of(Map<String, Integer> values) {
    return new Tuning(new TreeMap<>(values));
  }

  /** Returns the same with one value added or changed. */
  public Tuning with(String name, int value) {
    TreeMap<String, Integer> copy = new TreeMap<>(values);
    copy.put(name, value);
    return new Tuning(copy);
  }

  /**
   * Returns one value.
   *
   * @throws InvalidArgumentException if there is none of that name
   */
  public int get(String name) {
    Integer value = values.get(name);
    if (value == null) {
      throw new InvalidArgumentException("tuning", name, "one of " + values.keySet());
    }
    return value;
  }

  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }
}
