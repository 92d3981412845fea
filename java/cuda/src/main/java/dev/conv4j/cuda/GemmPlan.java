package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a problem's products are cut: the tile, and into how many parts a sum is split.
 *
 * @param views the products
 * @param tile the tile
 * @param split parts of each sum
 */
record GemmPlan(List<GemmView> views, GemmTile tile, int split) {

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

  private static final String SPLIT = "SPLIT";

  /** Steps of a sum that are worth a block of their own. */
  private static final int LEAST_STEPS = 2;

  /** Waves of blocks that a split is chosen to fill. */
  private static final int MOST_WAVES = 4;

  /** The tile sizes and the number of parts, by the names that kernels and tunings know. */
  private Tuning tuning() {
    Tuning tile = Tuning.of(Map.of("TILE_K", this.tile.rows(), "TILE_NPQ", this.tile.columns()));
    return split == 1 ? tile : tile.with(SPLIT, split);
  }

  /** Returns the plan of a tuning. */
  static GemmPlan of(List<GemmView> views, List<GemmTile> tiles, Tuning tuning) {
    GemmTile tile =
        tiles.stream().filter(one -> one.isOf(tuning)).findFirst().orElseGet(tiles::getFirst);
    return new GemmPlan(views, tile, tuning.values().getOrDefault(SPLIT, 1));
  }

  /**
   * Returns the quickest plan by the model, and what else is worth trying.
   *
   * @param form the products of a problem
   * @param rate operations per clock of one multiprocessor at best
   */
  static TuningSpace space(
      Gpu gpu,
      ConvProblem problem,
      Function<ConvProblem, List<GemmView>> form,
      List<GemmTile> tiles,
      Splits splits,
      double rate) {
    GemmPlan best = choose(gpu, problem, form, tiles, splits, rate);
    Map<String, List<Integer>> ranges = new TreeMap<>();
    ranges.put("TILE_K", tiles.stream().map(GemmTile::rows).distinct().toList());
    ranges.put("TILE_NPQ", tiles.stream().map(GemmTile::columns).distinct().toList());
    boolean fixed = anyBatch(problem);
    if (best.split > 1 && !fixed) {
      ranges.put(SPLIT, Stream.of(2, 4, 8, 16, 32, 64, 128, 256).toList());
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
                  int parts = t.values().getOrDefault(SPLIT, 1);
                  return fixed ? parts == best.split : parts <= MOST_PARTS;
                })));
  }

  /** Returns the quickest plan by the model. */
  static GemmPlan choose(
      Gpu gpu,
      ConvProblem problem,
      Function<ConvProblem, List<GemmView>> form,
      List<GemmTile> tiles,
      Splits splits,
      double rate) {
    List<GemmView> views = form.apply(problem);
    if (splits == Splits.NEVER || !anyBatch(problem)) {
      return quickest(gpu, views, tiles, splits, rate);
    }
    List<List<GemmView>> ranked =
        RANKING_BATCHES.stream()
            .map(
                batch -> new ConvProblem(problem.convolution().withBatch(batch), problem.options()))
            .map(form)
            .toList();
    int parts =
        tiles.stream()
            .flatMapToInt(tile -> parts(gpu, ranked.getFirst(), tile, splits, MOST_PARTS_ANY_BATCH))
            .distinct()
            .boxed()
            .min(
                Comparator.comparingDouble(one ->
                    ranked.stream()
                        .mapToDouble(row -> quickest(gpu, row, tiles, one, rate).seconds(gpu, rate))
                        .reduce(1, (product, seconds) -> product * seconds)))
            .orElseThrow();
    return quickest(gpu, views, tiles, parts, rate);
  }

  private static GemmPlan quickest(
      Gpu gpu, List<GemmView> views, List<GemmTile> tiles, int parts, double rate) {
    return tiles.stream()
        .map(tile -> new GemmPlan(views, tile, parts))
        .min(Comparator.comparingDouble(plan -> plan.seconds(gpu, rate)))
        .orElseThrow();
  }

  private static GemmPlan quickest(
      Gpu gpu, List<GemmView> views, List<GemmTile> tiles, Splits splits, double rate) {
    return tiles.stream()
        .flatMap(tile ->
            parts(gpu, views, tile, splits, MOST_PARTS)
                .mapToObj(parts -> new GemmPlan(views, tile, parts)))
        .min(Comparator.comparingDouble(plan -> plan.seconds(gpu, rate)))
        .orElseThrow();
  }

  private static boolean anyBatch(ConvProblem problem) {
    return problem.options().deterministic() && !GemmAlgorithm.sumsOverBatch(problem);
  }

  /** Returns why splitting brings nothing, or null. */
  static @Nullable Refusal splitRefusal(
      ConvProblem problem, List<GemmView> views, List<GemmTile> tiles) {
    long products = views.stream().mapToLong(view -> view.sum().count()).max().orElse(0);
    long step = tiles.getFirst().products();
    return products <= LEAST_STEPS * step
        ? new Refusal.Unsupported(
            Aspect.SHAPE,
            "takes sums of more than "
                + LEAST_STEPS * step
                + " products, "
                + problem.convolution()
                + " has "
                + products)
        : null;
  }

  /** Returns the numbers of parts worth considering: those that just fill waves of blocks. */
  private static IntStream parts(
      Gpu gpu, List<GemmView> views, GemmTile tile, Splits splits, int most) {
    if (splits == Splits.NEVER) {
      return IntStream.of(1);
    }
    long blocks = Math.max(1, views.stream().mapToLong(tile::tiles).max().orElse(1));
    long products = views.stream().mapToLong(view -> view.sum().count()).max().orElse(1);
    long possible = Math.max(1, products / ((long) LEAST_STEPS * tile.products()));
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

  /** Returns the products of each part but the last of a view's sum: whole steps. */
  private long partSum(GemmView view) {
    return Math.max(1, Grid.ceil(Grid.ceil(view.sum().count(), split), tile.products()))
        * tile.products();
  }

  /** Returns the results of the largest view; views run one after the other. */
  private long results() {
    return views.stream()
        .mapToLong(view -> view.groups() * view.rows() * view.column().count())
        .max()
        .orElse(0);
  }

  long workspaceBytes() {
    return split == 1 ? 0 : 4L * split * results();
  }

  /**
   * Returns the modelled time.
   *
   * @param rate operations per clock of one multiprocessor at best
   */
  double seconds(Gpu gpu, double rate) {
    double steps = 0;
    for (GemmView view : views) {
      double blocks = (double) tile.tiles(view) * split;
      int units = gpu.info().computeUnits();
      double waves = gpu.generation().waves(blocks, units, tile.threads());
      // A wave's length: the work of a tile, and what begins and ends it.
      steps += waves * (2.0 * tile.rows() * tile.columns() * (partSum(view) + 32));
    }
    double compute = steps / (rate * tile.efficiency() * gpu.clock());
    return compute
        + 2 * workspaceBytes() / gpu.reachedBandwidth()
        + (views.size() * (split > 1 ? 2 : 1)) * 4e-6;
  }

  /** Returns the code that runs, each once. */
  List<KernelVariant> variants(Kernels kernels, ConvProblem problem) {
    GemmBytes bytes = GemmBytes.of(problem);
    Stream<String> names = views.stream().map(view -> variant(kernels, view, bytes));
    if (split > 1) {
      names = Stream.concat(names, Stream.of(reduction(problem)));
    }
    return names.distinct().sorted().map(kernels::variant).toList();
  }

  private String variant(Kernels kernels, GemmView view, GemmBytes bytes) {
    return Objects.requireNonNull(tile.variant(kernels, view, bytes), "no variant");
  }

  /** Returns the tiles that there are variants of for all products of a problem. */
  static List<GemmTile> usable(
      Kernels kernels, ConvProblem problem, List<GemmView> views, List<GemmTile> tiles) {
    GemmBytes bytes = GemmBytes.of(problem);
    return tiles.stream()
        .map(tile -> tile.serving(kernels, views, bytes))
        .filter(Objects::nonNull)
        .toList();
  }

  private static String reduction(ConvProblem problem) {
    return problem.options().inputType().isInteger() ? "reduce-split-i32" : "reduce-split";
  }

  Executable<ConvOperands> compile(Kernels kernels, ConvProblem problem) {
    GemmBytes bytes = GemmBytes.of(problem);
    boolean integers = problem.options().inputType().isInteger();
    CudaBlock quant = integers ? kernels.quantization(problem) : null;
    CudaKernel reduce = split == 1 ? null : kernels.kernel(reduction(problem));
    List<Step> steps = new ArrayList<>();
    for (GemmView view : views) {
      CudaKernel kernel = kernels.kernel(variant(kernels, view, bytes));
      KernelRun run = new KernelRun(view.bytes(bytes, split, partSum(view)), quant);
      steps.add(new Step(run, kernel, grid(view)));
      if (reduce != null) {
        long results = view.groups() * view.rows() * view.column().count();
        steps.add(new Step(run, reduce, Grid.items(results, together(reduce.variant()))));
      }
    }
    return new KernelExecutable(
        workspaceBytes(),
        steps.getFirst().kernel.facts(),
        operands -> steps.forEach(step -> step.run.launch(step.kernel, step.grid, operands)));
  }

  /** Returns the results that a block of the reduction has at a time. */
  private int together(KernelVariant reduce) {
    int slices = reduce.tuning().get("SLICES");
    return split > slices ? reduce.threads() / slices : reduce.threads();
  }

  private record Step(KernelRun run, CudaKernel kernel, Grid grid) {}

  private Grid grid(GemmView view) {
    return new Grid(
        Math.toIntExact(Grid.ceil(view.column().count(), tile.columns())),
        Math.toIntExact(Grid.ceil(view.rows(), tile.rows())),
        Math.toIntExact(view.groups() * split));
  }

  /** Returns why the grid would be too large, or null. */
  static @Nullable Refusal gridRefusal(List<GemmView> views) {
    GemmView view = views.getFirst();
    return view.groups() > Grid.MOST_YZ || view.rows() / 32 > Grid.MOST_YZ
        ? new Refusal.Unsupported(
            Aspect.SHAPE, "takes at most " + Grid.MOST_YZ + " groups, this has " + view.groups())
        : null;
  }
}
