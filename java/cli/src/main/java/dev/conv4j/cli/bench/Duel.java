package dev.conv4j.cli.bench;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Our layers against one rival: a peer, or on each layer the best of several.
 *
 * @param rival a peer's name, or what stands for the best of several
 * @param layers our rows that have a time
 * @param ratios the rival's median over ours for each of these, empty where it has no time
 */
public record Duel(String rival, List<Row> layers, List<OptionalDouble> ratios) {

  /** Medians closer than this are called level. */
  private static final double LEVEL = 0.97;

  /** Copies the lists. */
  public Duel {
    layers = List.copyOf(layers);
    ratios = List.copyOf(ratios);
  }

  /** Returns the number of layers that the rival ran too. */
  public long contested() {
    return ratios.stream().filter(OptionalDouble::isPresent).count();
  }

  /** Returns the number of layers on which we are faster. */
  public long won() {
    return atLeast(Math.nextUp(1.0));
  }

  /** Returns the number of layers on which we are faster or within three percent. */
  public long level() {
    return atLeast(LEVEL);
  }

  private long atLeast(double ratio) {
    return ratios.stream().filter(one -> one.orElse(0) >= ratio).count();
  }

  /** Returns the geometric mean of the rival's time over ours, empty without a contested layer. */
  public OptionalDouble mean() {
    return contested() == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(
            Math.exp(
                ratios.stream()
                    .flatMapToDouble(OptionalDouble::stream)
                    .map(Math::log)
                    .average()
                    .orElse(Double.NaN)));
  }

  /** Returns the least ratio, empty without a contested layer. */
  public OptionalDouble least() {
    return ratios.stream().flatMapToDouble(OptionalDouble::stream).min();
  }

  /** Returns the layer of the least ratio, or null. */
  public @Nullable Row worst() {
    OptionalDouble least = least();
    return least.isEmpty()
        ? null
        : IntStream.range(0, layers.size())
            .filter(i -> ratios.get(i).equals(least))
            .mapToObj(layers::get)
            .findFirst()
            .orElse(null);
  }

  /** Returns the spelling of that layer, empty where there is none. */
  public String worstLayer() {
    Row worst = worst();
    return worst == null ? "" : worst.problem().toString();
  }
}
