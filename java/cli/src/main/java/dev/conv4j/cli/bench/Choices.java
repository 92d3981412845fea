package dev.conv4j.cli.bench;

import dev.conv4j.Convolution;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What the planner's choices cost: on each layer the algorithm it takes beside the fastest of all
 * that were timed.
 *
 * @param layers those with a time of the choice and of another algorithm
 */
public record Choices(List<Layer> layers) {

  /** A choice this close to the fastest is a good one: machines differ by more. */
  private static final double GOOD = 1.1;

  /**
   * One layer.
   *
   * @param chosen what the planner takes
   * @param fastest what it should have taken; the same where the choice is right
   */
  public record Layer(Row chosen, Row fastest) {

    /** Returns the time of the choice over that of the fastest. */
    public double ratio() {
      return median(chosen) / median(fastest);
    }

    boolean isGood() {
      return ratio() <= GOOD;
    }
  }

  /** Copies the list. */
  public Choices {
    layers = List.copyOf(layers);
  }

  /** Returns the choices among rows of one suite, device and number of threads. */
  static Choices of(List<Row> timed) {
    Map<Convolution, List<Row>> problems = new LinkedHashMap<>();
    for (Row row : timed) {
      problems.computeIfAbsent(row.problem(), fresh -> new ArrayList<>()).add(row);
    }
    List<Layer> layers = new ArrayList<>();
    for (List<Row> rows : problems.values()) {
      Row chosen = rows.stream().filter(row -> row.who().planned()).findFirst().orElse(null);
      if (chosen != null && rows.size() > 1) {
        layers.add(
            new Layer(
                chosen, rows.stream().min(Comparator.comparingDouble(Choices::median)).get()));
      }
    }
    return new Choices(layers);
  }

  private static double median(Row row) {
    Statistics seconds = row.seconds();
    return seconds == null ? Double.NaN : seconds.median();
  }

  /** Returns the layers on which the choice is within 10 % of the fastest. */
  public long good() {
    return layers.stream().filter(Layer::isGood).count();
  }

  /** Returns the layers on which it is not, the worst first. */
  public List<Layer> bad() {
    return layers.stream()
        .filter(layer -> !layer.isGood())
        .sorted(Comparator.comparingDouble(Layer::ratio).reversed())
        .toList();
  }

  /** Returns the geometric mean of the choice's time over the fastest, empty without a layer. */
  public OptionalDouble mean() {
    OptionalDouble mean = layers.stream().mapToDouble(layer -> Math.log(layer.ratio())).average();
    return mean.isEmpty() ? mean : OptionalDouble.of(Math.exp(mean.getAsDouble()));
  }

  /** Returns the worst layer, or null. */
  public @Nullable Layer worst() {
    return layers.stream().max(Comparator.comparingDouble(Layer::ratio)).orElse(null);
  }
}
