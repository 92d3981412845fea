package dev.conv4j.cuda;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.KernelParams;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Winograd F(m, 3) along two axes in f32, forward and backward-data: transforms around matrix
 * products that are the groups of one pointwise convolution. Works through the batch in pieces
 * whose transforms stay in the second-level cache. An infinity or a NaN spreads over its tile.
 */
final class WinogradAlgorithm extends CudaAlgorithm {

  private static final Axes THREE = new Axes(1, 3, 3);

  /**
   * Channels of a sum whose F(4, 3) has a bound of its own: with fewer, an output's few products
   * may all be zero, and what is left is the rounding error of its neighbours.
   */
  private static final long LEAST_CHANNELS = 4;

  /** Bytes of transforms at a time: they stay in the cache of current devices. */
  private static final long PIECE = 48L << 20;

  private final int tile;
  private final double errorFactor;

  private WinogradAlgorithm(Kernels kernels, int tile, double errorFactor) {
    super("winograd-" + tile + "x3", kernels);
    this.tile = tile;
    this.errorFactor = errorFactor;
  }

  /** F(2, 3): 2.25 times fewer multiplications. The factor is that of the CPU backend's. */
  static WinogradAlgorithm twoByThree(Kernels kernels) {
    return new WinogradAlgorithm(kernels, 2, 8);
  }

  /** F(4, 3): 4 times fewer. */
  static WinogradAlgorithm fourByThree(Kernels kernels) {
    return new WinogradAlgorithm(kernels, 4, 32);
  }

  /** A piece of the batch: its tiles, and elements of the transforms. */
  private record Piece(
      KernelParams params, ConvOptions options, int points, long images, long tiles) {

    static Piece of(ConvProblem problem, int tile, long images) {
      KernelParams p = KernelParams.gather(problem);
      long tiles = images * Grid.ceil(p.output().h(), tile) * Grid.ceil(p.output().w(), tile);
      int points = (tile + 2) * (tile + 2);
      return new Piece(p, problem.options(), points, images, Grid.ceil(tiles, 4) * 4);
    }

    /** Returns as many images as fit a piece, at least one. */
    static Piece largest(ConvProblem problem, int tile) {
      Piece one = of(problem, tile, 1);
      long images = PIECE / (Float.BYTES * (one.input() + one.output()));
      return of(problem, tile, Math.clamp(images, 1, one.params.batch()));
    }

    long input() {
      return points * params.groups() * params.channels() * tiles;
    }

    long output() {
      return points * params.groups() * params.filters() * tiles;
    }

    long filter() {
      return points * params.groups() * params.filters() * params.channels();
    }

    /** Returns the products as a convolution: a group for each point and group. */
    ConvProblem products() {
      long groups = points * params.groups();
      Convolution pointwise =
          new Convolution(
              2,
              1,
              groups * params.channels(),
              groups * params.filters(),
              groups,
              new Axes(1, 1, tiles),
              Axes.ONES,
              Axes.ONES,
              Axes.ZEROS,
              Axes.ZEROS,
              Axes.ONES,
              params.problem().convolution().border());
      return new ConvProblem(pointwise, ConvOptions.builder().layout(options.layout()).build());
    }
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    if (problem.options().direction() == Direction.BACKWARD_FILTER) {
      return new Refusal.Unsupported(Aspect.DIRECTION, "does not do backward-filter");
    }
    Refusal plain = ImplicitGemmAlgorithm.plainRefusal(problem);
    if (plain != null) {
      return plain;
    }
    KernelParams p = KernelParams.gather(problem);
    boolean shaped =
        p.filter().equals(THREE)
            && p.input().d() == 1
            && p.output().d() == 1
            && p.pad().d() == 0
            && p.stride().equals(Axes.ONES)
            && p.dilation().equals(Axes.ONES)
            && p.up().equals(Axes.ONES);
    if (!shaped) {
      return new Refusal.Unsupported(Aspect.SHAPE, "takes 3x3 filters with stride and dilation 1");
    }
    if (!reaches(p, 1) || !reaches(p, 2)) {
      return new Refusal.Unsupported(
          Aspect.SHAPE, "takes paddings that leave every output a tap inside");
    }
    if (tile > 2 && p.channels() < LEAST_CHANNELS) {
      return new Refusal.Unsupported(Aspect.SHAPE, "takes four channels and more in a group");
    }
    Piece piece = Piece.largest(problem, tile);
    if (Math.max(piece.input(), Math.max(piece.output(), piece.filter())) > Integer.MAX_VALUE) {
      return new Refusal.Unsupported(Aspect.INDEX_WIDTH, "takes scratch below 2^31 elements");
    }
    Refusal tooMany = GemmPlan.gridRefusal(GemmView.of(piece.products()));
    return tooMany != null ? tooMany : narrowIndexRefusal(problem);
  }

  @Override
  double tolerance() {
    return 1.0 / 16;
  }

  /** An output without a tap inside is zero to the bit; here it would have its tile's errors. */
  private static boolean reaches(KernelParams p, int axis) {
    long pad = p.pad().get(axis);
    return pad < THREE.get(axis) && p.output().get(axis) - 1 - pad < p.input().get(axis);
  }

  private PlainProducts products(Piece piece) {
    return new PlainProducts(kernels(), piece.products());
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return products(Piece.largest(problem, tile)).space();
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    Piece piece = Piece.largest(problem, tile);
    List<KernelVariant> variants = new ArrayList<>();
    variants.add(kernels().variant("winograd-" + tile));
    variants.addAll(products(piece).variants(tuning));
    return variants;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    Piece piece = Piece.largest(problem, tile);
    double pieces = (double) piece.params.batch() / piece.images;
    Gpu gpu = kernels().gpu();
    double products = products(piece).seconds(tuning);
    // Transforms come from the cache, at about three times the memory's rate.
    double traffic =
        Float.BYTES * 2.0 * (piece.input() + piece.output()) / 3 * pieces + operandBytes(problem);
    double launches = 3 * Math.ceil(pieces) * 4e-6;
    double seconds = pieces * products + traffic / gpu.reachedBandwidth() + launches;
    return new Verdict.Yes(
        Float.BYTES * (piece.input() + piece.output() + piece.filter()),
        seconds,
        errorFactor,
        true,
        List.of("rounding error of the transforms", "a NaN or an infinity spreads"));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Transformed(problem, tuning);
  }

  /** A piece made ready to run: images from `first` on. */
  private record Step(
      Piece piece,
      KernelRun run,
      Grid inputGrid,
      Grid outputGrid,
      Executable<ConvOperands> products) {}

  private final class Transformed implements Executable<ConvOperands> {
    private final CudaKernel transformFilter;
    private final CudaKernel transformInput;
    private final CudaKernel transformOutput;
    private final Piece largest;
    private final List<Step> steps = new ArrayList<>();

    Transformed(ConvProblem problem, Tuning tuning) {
      String name = "winograd-" + tile;
      this.transformFilter = kernels().kernel(name, "transform_filter");
      this.transformInput = kernels().kernel(name, "transform_input");
      this.transformOutput = kernels().kernel(name, "transform_output");
      this.largest = Piece.largest(problem, tile);
      int threads = transformInput.variant().threads();
      for (long first = 0; first < largest.params.batch(); first += largest.images) {
        long images = Math.min(largest.images, largest.params.batch() - first);
        Piece piece = Piece.of(problem, tile, images);
        long groups = piece.params.groups();
        steps.add(
            new Step(
                piece,
                KernelRun.ofImages(piece.params, first, images),
                Grid.items(groups * piece.params.channels() * piece.tiles, threads),
                Grid.items(groups * piece.params.filters() * piece.tiles, threads),
                products(piece).compile(tuning)));
      }
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      long transforms = Float.BYTES * (largest.input() + largest.output());
      return filterPacked ? transforms : transforms + packedFilterBytes();
    }

    @Override
    public long packedFilterBytes() {
      return Float.BYTES * largest.filter();
    }

    @Override
    public void packFilter(Block filter, Block packed) {
      long elements =
          largest.params.groups() * largest.params.filters() * largest.params.channels();
      steps
          .getFirst()
          .run
          .launch(
              transformFilter,
              Grid.items(elements, transformFilter.variant().threads()),
              new ConvOperands(filter, filter, false, null, null, packed, packed));
    }

    @Override
    public void run(ConvOperands operands) {
      Block scratch = Objects.requireNonNull(operands.workspace(), "workspace");
      long inputBytes = Float.BYTES * largest.input();
      long outputBytes = Float.BYTES * largest.output();
      Block input = scratch.slice(0, inputBytes);
      Block output = scratch.slice(inputBytes, outputBytes);
      Block filter = operands.second();
      if (!operands.secondPacked()) {
        Block packed = scratch.slice(inputBytes + outputBytes, packedFilterBytes());
        packFilter(filter, packed);
        filter = packed;
      }
      for (Step step : steps) {
        step.run.launch(transformInput, step.inputGrid, with(operands, input));
        step.products.run(new ConvOperands(input, filter, false, null, null, output, null));
        step.run.launch(transformOutput, step.outputGrid, with(operands, output));
      }
    }

    private static ConvOperands with(ConvOperands operands, Block workspace) {
      return new ConvOperands(
          operands.first(),
          operands.second(),
          false,
          operands.bias(),
          operands.residual(),
          operands.result(),
          workspace);
    }

    @Override
    public Map<String, String> facts() {
      return steps.getFirst().products.facts();
    }
  }
}
