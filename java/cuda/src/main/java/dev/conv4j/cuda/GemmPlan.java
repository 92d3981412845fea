package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.kernels.Tuning;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  static final String SPLIT = "SPLIT";

  /** Steps of a sum that are worth a block of their own. */
  static final int LEAST_STEPS = 2;

  /** The tile sizes and the number of parts, by the names that kernels and tunings know. */
  Tuning tuning() {
    Tuning tile = Tuning.of(Map.of("TILE_K", this.tile.rows(), "TILE_NPQ", this.tile.columns()));
    return split == 1 ? tile : tile.with(SPLIT, split);
  }

  /** Returns the plan of a tuning. */
  static GemmPlan of(List<GemmView> views, List<GemmTile> tiles, Tuning tuning) {
    GemmTile tile =
        tiles.stream().filter(one -> one.isOf(tuning)).findFirst().orElseGet(tiles::getFirst);
    return new GemmPlan(views, tile, tuning.values().getOrDefault(SPLIT, 1));
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
