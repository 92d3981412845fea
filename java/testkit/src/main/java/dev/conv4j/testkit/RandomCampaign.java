package dev.conv4j.testkit;

import dev.conv4j.Convolution;
import dev.conv4j.spi.Device;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Runs random problems with random recipes, and shrinks the first that fails. */
final class RandomCampaign {

  /** Recipe places repeat after this many problems. */
  private static final int RECIPE_CYCLE = 780;

  private final Device device;
  private final Tally tally;
  private final int guard;
  private final long seed;

  RandomCampaign(Device device, Tally tally, int guard, long seed) {
    this.device = device;
    this.tally = tally;
    this.guard = guard;
    this.seed = seed;
  }

  /** One of the recipes the problem at a place of a list gets. */
  private record Choice(int place, int which) {
    Recipe of(Convolution problem) {
      List<Recipe> recipes = Recipe.of(problem, place);
      return recipes.get(which % recipes.size()).under("random");
    }
  }

  /**
   * Returns what failed, with the seed and a small problem that fails in the same way, or null.
   *
   * @param problems how many to draw
   * @param time when to stop in any case
   */
  @Nullable String run(int problems, Duration time) {
    RandomProblems source = new RandomProblems(seed);
    SplittableRandom random = new SplittableRandom(seed + 1);
    long end = System.nanoTime() + time.toNanos();
    for (int i = 0; i < problems && System.nanoTime() < end; i++) {
      Convolution problem = source.next();
      for (int turn = 0; turn < 4; turn++) {
        Choice choice = new Choice(random.nextInt(RECIPE_CYCLE), random.nextInt(RECIPE_CYCLE));
        if (fails(problem, choice) != null) {
          Convolution small = RandomProblems.shrink(problem, p -> fails(p, choice) != null);
          return "-Dconv4j.test.seed="
              + seed
              + " drew "
              + problem
              + ", which fails also as "
              + small
              + ":\n  "
              + fails(small, choice);
        }
      }
    }
    return null;
  }

  private @Nullable String fails(Convolution problem, Choice choice) {
    Tally own = new Tally();
    new Campaign(device, own, guard).run(problem, choice.of(problem), seed);
    tally.add(own);
    if (own.failures() == 0) {
      return null;
    }
    return own.algorithms().stream()
        .map(own::groups)
        .map(Map::values)
        .flatMap(cells -> cells.stream().flatMap(cell -> cell.failures().stream()))
        .findFirst()
        .orElse("?");
  }
}
