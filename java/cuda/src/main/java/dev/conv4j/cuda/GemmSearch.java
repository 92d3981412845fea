package dev.conv4j.cuda;

import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The plans there are for a problem's products.
 *
 * @param gpu whose model judges them
 * @param problem the problem
 * @param form the products of a problem
 * @param tiles the tiles to choose from
 * @param splits whether sums are split
 * @param rate operations per clock of one multiprocessor at best
 */
record GemmSearch(
    Gpu gpu,
    ConvProblem problem,
    Function<ConvProblem, List<GemmView>> form,
    List<GemmTile> tiles,
    Splits splits,
    double rate) {

  /** Whether sums are split. */
  enum Splits {
    NEVER,
    ALWAYS,
    /** Where the model says that it pays. */
    FREELY
  }

  /** A small result with a sum over a whole batch: what fills the largest devices twice. */
  private static final int MOST_PARTS = 512;

  /**
   * Where a row must get the same bits alone and inside a batch, the split cannot follow the batch,
   * and too many parts would burden the large one.
   */
  private static final int MOST_PARTS_ANY_BATCH = 4;

  /** Where the batch may not decide, these do, alike. Unmeasured: one picture, and a server's. */
  static final List<Long> RANKING_BATCHES = List.of(1L, 32L);

  /** Waves of blocks that a split is chosen to fill. */
  private static final int MOST_WAVES = 4;

  /** Returns the quickest plan by the model, and what else is worth trying. */
  TuningSpace space() {
    GemmPlan best = quickest();
    Map<String, List<Integer>> ranges = new TreeMap<>();
    ranges.put("TILE_K", tiles.stream().map(GemmTile::rows).distinct().toList());
    ranges.put("TILE_NPQ", tiles.stream().map(GemmTile::columns).distinct().toList());
    boolean fixed = anyBatch();
    if (best.split() > 1 && !fixed) {
      ranges.put(GemmPlan.SPLIT, Stream.of(2, 4, 8, 16, 32, 64, 128, 256).toList());
    }
    return new TuningSpace(
        best.tuning(),
        ranges,
        List.of(
            new TuningSpace.Constraint(
                "a tile that is compiled", t -> tiles.stream().anyMatch(tile -> tile.isOf(t))),
            new TuningSpace.Constraint(
                fixed ? "sums cut as in a batch of one" : "at most " + MOST_PARTS + " parts",
                t -> {
                  int parts = t.values().getOrDefault(GemmPlan.SPLIT, 1);
                  return fixed ? parts == best.split() : parts <= MOST_PARTS;
                })));
  }

  private GemmPlan quickest() {
    List<GemmView> views = form.apply(problem);
    if (splits == Splits.NEVER || !anyBatch()) {
      return quickest(views);
    }
    List<List<GemmView>> ranked =
        RANKING_BATCHES.stream()
            .map(
                batch -> new ConvProblem(problem.convolution().withBatch(batch), problem.options()))
            .map(form)
            .toList();
    int parts =
        tiles.stream()
            .flatMapToInt(tile -> parts(ranked.getFirst(), tile, MOST_PARTS_ANY_BATCH))
            .distinct()
            .boxed()
            .min(
                Comparator.comparingDouble(one ->
                    ranked.stream()
                        .mapToDouble(row -> quickest(row, one).seconds(gpu, rate))
                        .reduce(1, (product, seconds) -> product * seconds)))
            .orElseThrow();
    return quickest(views, parts);
  }

  private GemmPlan quickest(List<GemmView> views, int parts) {
    return tiles.stream()
        .map(tile -> new GemmPlan(views, tile, parts))
        .min(Comparator.comparingDouble(plan -> plan.seconds(gpu, rate)))
        .orElseThrow();
  }

  private GemmPlan quickest(List<GemmView> views) {
    return tiles.stream()
        .flatMap(tile ->
            parts(views, tile, MOST_PARTS).mapToObj(parts -> new GemmPlan(views, tile, parts)))
        .min(Comparator.comparingDouble(plan -> plan.seconds(gpu, rate)))
        .orElseThrow();
  }

  private boolean anyBatch() {
    return problem.options().deterministic() && !GemmAlgorithm.sumsOverBatch(problem);
  }

  /** Returns the numbers of parts worth considering: those that just fill waves of blocks. */
  private IntStream parts(List<GemmView> views, GemmTile tile, int most) {
    if (splits == Splits.NEVER) {
      return IntStream.of(1);
    }
    long blocks = Math.max(1, views.stream().mapToLong(tile::tiles).max().orElse(1));
    long products = views.stream().mapToLong(view -> view.sum().count()).max().orElse(1);
    long possible = Math.max(1, products / ((long) GemmPlan.LEAST_STEPS * tile.products()));
    long limit = Math.min(Math.min(possible, most), Grid.MOST_YZ / views.getFirst().groups());
    int least = splits == Splits.ALWAYS ? 2 : 1;
    IntStream filling =
        IntStream.rangeClosed(1, MOST_WAVES)
            .map(waves ->
                (int)
                    Math.max(
                        2, Math.min(limit, (long) waves * gpu.info().computeUnits() / blocks)));
    return IntStream.concat(IntStream.of(least), filling).distinct();
  }
}
