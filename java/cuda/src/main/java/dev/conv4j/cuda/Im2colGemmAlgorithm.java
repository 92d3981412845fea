package dev.conv4j.cuda;

import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.Layout;
import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.Shape;
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
 * The explicit form in f32, forward and backward-data: each pixel's inputs are written out, and
 * what is left is a pointwise convolution. A piece of the batch at a time, so that scratch stays
 * small.
 */
final class Im2colGemmAlgorithm extends CudaAlgorithm {

  private static final String VARIANT = "im2col";

  /** Bytes of columns at a time: they stay in the cache of current devices. */
  private static final long PIECE = 48L << 20;

  Im2colGemmAlgorithm(Kernels kernels) {
    super("im2col-gemm", kernels);
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
    if (columns(p) > Integer.MAX_VALUE) {
      return new Refusal.Unsupported(
          Aspect.INDEX_WIDTH, "takes columns of an image below 2^31 elements");
    }
    Refusal tooMany = GemmPlan.gridRefusal(GemmView.of(products(problem, 1)));
    return tooMany != null ? tooMany : narrowIndexRefusal(problem);
  }

  /** Returns the elements of one image's columns. */
  private static long columns(KernelParams p) {
    return p.groups() * p.products() * p.pixels();
  }

  private static long images(KernelParams p) {
    return Math.clamp(PIECE / (Float.BYTES * columns(p)), 1, p.batch());
  }

  /** Whether the filter has to be brought into the order of the columns. */
  private static boolean packs(ConvProblem problem) {
    ConvOptions options = problem.options();
    boolean pointwise = problem.convolution().filter().equals(Axes.ONES);
    return options.direction() == Direction.BACKWARD_DATA
        || (!pointwise && (options.flipped() || options.layout() != options.filterLayout()));
  }

  private static long filterBytes(KernelParams p) {
    return Float.BYTES * p.groups() * p.filters() * p.products();
  }

  /** Returns the product of some images as a convolution. */
  private static ConvProblem products(ConvProblem problem, long images) {
    KernelParams p = KernelParams.gather(problem);
    Convolution pointwise =
        new Convolution(
            2,
            images,
            p.groups() * p.products(),
            p.groups() * p.filters(),
            p.groups(),
            new Axes(1, 1, p.pixels()),
            Axes.ONES,
            Axes.ONES,
            Axes.ZEROS,
            Axes.ZEROS,
            Axes.ONES,
            problem.convolution().border());
    Layout layout = problem.options().layout();
    return new ConvProblem(
        pointwise,
        ConvOptions.builder()
            .layout(layout)
            .filterLayout(layout)
            .epilogue(problem.options().epilogue())
            .build());
  }

  /** Returns the products of the largest piece. */
  private PlainProducts products(ConvProblem problem) {
    return new PlainProducts(kernels(), products(problem, images(KernelParams.gather(problem))));
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return products(problem).space();
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    List<KernelVariant> variants = new ArrayList<>();
    variants.add(kernels().variant(VARIANT));
    variants.addAll(products(problem).variants(tuning));
    return variants;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    KernelParams p = KernelParams.gather(problem);
    long images = images(p);
    double pieces = (double) p.batch() / images;
    Gpu gpu = kernels().gpu();
    double product = products(problem).seconds(tuning);
    long columnBytes = Float.BYTES * columns(p);
    double traffic = 2.0 * columnBytes * p.batch() + operandBytes(problem);
    double seconds =
        pieces * product + traffic / gpu.reachedBandwidth() + 2 * Math.ceil(pieces) * 4e-6;
    return new Verdict.Yes(columnBytes * images + (packs(problem) ? filterBytes(p) : 0), seconds);
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Unfolded(problem, tuning);
  }

  private record Step(long first, KernelRun run, Grid grid, Executable<ConvOperands> product) {}

  private final class Unfolded implements Executable<ConvOperands> {
    private final CudaKernel im2col = kernels().kernel(VARIANT);
    private final CudaKernel packFilter = kernels().kernel(VARIANT, "pack_filter");
    private final KernelParams params;
    private final boolean packs;
    private final long columnBytes;
    private final long imageBytes;
    private final List<Step> steps = new ArrayList<>();

    Unfolded(ConvProblem problem, Tuning tuning) {
      this.params = KernelParams.gather(problem);
      this.packs = packs(problem);
      long most = images(params);
      this.columnBytes = Float.BYTES * columns(params) * most;
      Shape result = problem.resultShape();
      this.imageBytes = Float.BYTES * result.elements() / result.dim(0);
      for (long first = 0; first < params.batch(); first += most) {
        long images = Math.min(most, params.batch() - first);
        steps.add(
            new Step(
                first,
                KernelRun.ofImages(params, first, images),
                Grid.items(columns(params) * images, im2col.variant().threads()),
                new PlainProducts(kernels(), products(problem, images)).compile(tuning)));
      }
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      return packs && !filterPacked ? columnBytes + filterBytes(params) : columnBytes;
    }

    @Override
    public long packedFilterBytes() {
      return packs ? filterBytes(params) : 0;
    }

    @Override
    public void packFilter(Block filter, Block packed) {
      steps
          .getFirst()
          .run
          .launch(
              packFilter,
              Grid.items(filterBytes(params) / Float.BYTES, packFilter.variant().threads()),
              new ConvOperands(filter, filter, false, null, null, packed, packed));
    }

    @Override
    public void run(ConvOperands operands) {
      Block scratch = Objects.requireNonNull(operands.workspace(), "workspace");
      Block columns = scratch.slice(0, columnBytes);
      Block filter = operands.second();
      if (packs && !operands.secondPacked()) {
        Block packed = scratch.slice(columnBytes, filterBytes(params));
        packFilter(filter, packed);
        filter = packed;
      }
      for (Step step : steps) {
        step.run.launch(
            im2col,
            step.grid,
            new ConvOperands(
                operands.first(), filter, false, null, null, operands.result(), columns));
        step.product.run(
            new ConvOperands(
                columns,
                filter,
                false,
                operands.bias(),
                from(operands.residual(), step.first),
                Objects.requireNonNull(from(operands.result(), step.first)),
                null));
      }
    }

    /** Returns what begins with an image. */
    private @Nullable Block from(@Nullable Block block, long image) {
      return block == null
          ? null
          : block.slice(image * imageBytes, (params.batch() - image) * imageBytes);
    }

    @Override
    public Map<String, String> facts() {
      return steps.getFirst().product.facts();
    }
  }
}
