package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a problem's products are cut: the tile, and into how many parts a sum is split.
 *
 * @param views the products
 * @param tile the tile
 * @param split parts of each sum
 */
record GemmPlan(List<GemmView> views, GemmTile tile, int split) {

  /** More parts than this cost more to add than they bring. */
  private static final int MOST_PARTS = 32;

  /**
   * Where a row must get the same bits alone and inside a batch, the split cannot follow the batch,
   * and too many parts would burden the large one.
   */
  private static final int MOST_PARTS_ANY_BATCH = 4;

  /** Steps of a sum that are worth a block of their own. */
  private static final int LEAST_STEPS = 2;

  /** Returns the quickest plan by the model. */
  static GemmPlan choose(Gpu gpu, ConvProblem problem, List<GemmTile> tiles, boolean splits) {
    List<GemmView> views = GemmView.of(problem);
    GemmPlan best = null;
    for (GemmTile tile : tiles) {
      int split = splits ? parts(gpu, problem, views, tile) : 1;
      GemmPlan plan = new GemmPlan(views, tile, split);
      if (best == null || plan.seconds(gpu, 1) < best.seconds(gpu, 1)) {
        best = plan;
      }
    }
    if (best == null) {
      throw new IllegalArgumentException("no tiles");
    }
    return best;
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

  private static int parts(Gpu gpu, ConvProblem problem, List<GemmView> views, GemmTile tile) {
    boolean anyBatch =
        problem.options().deterministic() && !ImplicitGemmAlgorithm.sumsOverBatch(problem);
    List<GemmView> counted =
        anyBatch
            ? GemmView.of(new ConvProblem(problem.convolution().withBatch(1), problem.options()))
            : views;
    long blocks = counted.stream().mapToLong(tile::tiles).sum();
    long products = counted.stream().mapToLong(view -> view.sum().count()).max().orElse(1);
    long wanted = Grid.ceil(2L * gpu.info().computeUnits(), Math.max(1, blocks));
    long possible = Math.max(1, products / ((long) LEAST_STEPS * tile.products()));
    long most = anyBatch ? MOST_PARTS_ANY_BATCH : MOST_PARTS;
    long groups = counted.getFirst().groups();
    return (int)
        Math.max(2, Math.min(Math.min(wanted, possible), Math.min(most, Grid.MOST_YZ / groups)));
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
    double clock = gpu.clockKilohertz() > 0 ? 1e3 * gpu.clockKilohertz() : 1.5e9;
    double steps = 0;
    for (GemmView view : views) {
      double blocks = (double) tile.tiles(view) * split;
      double waves = Math.ceil(blocks / gpu.info().computeUnits());
      // A wave's length: the work of a tile, and what begins and ends it.
      steps += waves * (2.0 * tile.rows() * tile.columns() * (partSum(view) + 32));
    }
    double compute = steps / (rate * tile.efficiency() * clock);
    double bandwidth = gpu.bandwidth() > 0 ? 0.8 * gpu.bandwidth() : 5e11;
    return compute + 2 * workspaceBytes() / bandwidth + (views.size() * (split > 1 ? 2 : 1)) * 4e-6;
  }

  Executable<ConvOperands> compile(Kernels kernels, ConvProblem problem) {
    GemmBytes bytes = GemmBytes.of(problem);
    boolean integers = problem.options().inputType().isInteger();
    CudaBlock quant = integers ? kernels.quantization(problem) : null;
    CudaKernel reduce =
        split == 1 ? null : kernels.kernel(integers ? "reduce-split-i32" : "reduce-split");
    List<Step> steps = new ArrayList<>();
    for (GemmView view : views) {
      CudaKernel kernel = kernels.kernel(tile.variant(view, bytes));
      KernelRun run = new KernelRun(view.bytes(bytes, split, partSum(view)), quant);
      steps.add(new Step(run, kernel, grid(view)));
      if (reduce != null) {
        long results = view.groups() * view.rows() * view.column().count();
        steps.add(new Step(run, reduce, Grid.items(results, reduce.variant().threads())));
      }
    }
    return new KernelExecutable(
        workspaceBytes(),
        steps.getFirst().kernel.facts(),
        operands -> steps.forEach(step -> step.run.launch(step.kernel, step.grid, operands)));
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
