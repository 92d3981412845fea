package dev.conv4j.cuda;

import dev.conv4j.Refusal;
import dev.conv4j.Refusal.Aspect;
import dev.conv4j.cuda.GemmSearch.Splits;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Products on the tensor cores of operands that do not lie in whole vectors along their sums: both
 * are copied channels last first, padded where channels do not fill vectors. What cuDNN does for
 * channels first, too; the result is written as it is wanted, without a copy.
 */
final class ChannelsLastGemmAlgorithm extends CudaAlgorithm {

  ChannelsLastGemmAlgorithm(Kernels kernels) {
    super("channels-last-gemm", kernels);
  }

  @Override
  @Nullable Refusal refusal(ConvProblem problem) {
    Refusal refused = TensorGemmAlgorithm.operandRefusal(kernels(), problem);
    if (refused == null) {
      refused = narrowIndexRefusal(problem);
    }
    if (refused != null) {
      return refused;
    }
    if (ChannelsLastForm.padsResult(problem)) {
      return new Refusal.Unsupported(
          Aspect.SHAPE, "takes gradients of filters whose channels fill whole vectors");
    }
    ChannelsLastForm form = ChannelsLastForm.of(problem);
    if (form.first().isIdentity() && form.second().isIdentity()) {
      return new Refusal.Unsupported(
          Aspect.LAYOUT, "takes what does not lie channels last already");
    }
    if (Math.max(form.first().elements(), form.second().elements()) > Integer.MAX_VALUE) {
      return new Refusal.Unsupported(Aspect.INDEX_WIDTH, "takes copies below 2^31 elements");
    }
    if (tiles(problem).isEmpty()) {
      return new Refusal.Unsupported(
          Aspect.SHAPE, "has no tile for whole vectors of such channels");
    }
    return GemmPlan.gridRefusal(form.views());
  }

  /** Returns the tiles that copy their operands in vectors. */
  private List<GemmTile> tiles(ConvProblem problem) {
    List<GemmView> views = views(problem);
    GemmBytes bytes = GemmBytes.of(problem);
    return GemmPlan.usable(
            kernels(), problem, views, TensorGemmAlgorithm.shapes(kernels(), problem))
        .stream()
        .filter(tile -> views.stream().noneMatch(view -> tile.byElements(kernels(), view, bytes)))
        .toList();
  }

  private static List<GemmView> views(ConvProblem problem) {
    return ChannelsLastForm.of(problem).views();
  }

  @Override
  public TuningSpace space(ConvProblem problem) {
    return new GemmSearch(
            kernels().gpu(),
            problem,
            ChannelsLastGemmAlgorithm::views,
            tiles(problem),
            Splits.FREELY,
            TensorGemmAlgorithm.rate(kernels(), problem))
        .space();
  }

  private GemmPlan plan(ConvProblem problem, Tuning tuning) {
    return GemmPlan.of(views(problem), tiles(problem), tuning);
  }

  private static String variant(ChannelsLastForm form) {
    return "channels-last-" + form.elementBytes();
  }

  @Override
  List<KernelVariant> variants(ConvProblem problem, Tuning tuning) {
    List<KernelVariant> variants = new ArrayList<>();
    variants.add(kernels().variant(variant(ChannelsLastForm.of(problem))));
    variants.addAll(plan(problem, tuning).variants(kernels(), problem));
    return variants;
  }

  @Override
  Verdict.Yes price(ConvProblem problem, Tuning tuning) {
    ChannelsLastForm form = ChannelsLastForm.of(problem);
    GemmPlan plan = plan(problem, tuning);
    Gpu gpu = kernels().gpu();
    // A filter is copied ahead where that matters.
    long copied = form.firstBytes() + (ChannelsLastForm.packs(problem) ? 0 : form.secondBytes());
    double traffic = 2.0 * copied + 0.3 * operandBytes(problem);
    return new Verdict.Yes(
        form.firstBytes() + form.secondBytes() + plan.workspaceBytes(),
        plan.seconds(gpu, TensorGemmAlgorithm.rate(kernels(), problem))
            + traffic / gpu.reachedBandwidth()
            + 2 * 4e-6,
        TensorGemmAlgorithm.factor(problem),
        true,
        List.of(
            TensorGemmAlgorithm.type(problem.options())
                + " products on the tensor cores, of copies with channels last"));
  }

  @Override
  Executable<ConvOperands> build(ConvProblem problem, Tuning tuning) {
    return new Copied(problem, tuning);
  }

  private final class Copied implements Executable<ConvOperands> {
    private final ChannelsLastForm form;
    private final boolean packs;
    private final CudaKernel copy;
    private final KernelRun copyOfFirst;
    private final KernelRun copyOfSecond;
    private final Executable<ConvOperands> products;

    Copied(ConvProblem problem, Tuning tuning) {
      this.form = ChannelsLastForm.of(problem);
      this.packs = ChannelsLastForm.packs(problem);
      this.copy = kernels().kernel(variant(form));
      this.copyOfFirst = new KernelRun(form.first().bytes(form.elementBytes()), null);
      this.copyOfSecond = new KernelRun(form.second().bytes(form.elementBytes()), null);
      this.products = plan(problem, tuning).compile(kernels(), problem);
    }

    @Override
    public long workspaceBytes(boolean filterPacked) {
      long second = packs && filterPacked ? 0 : form.secondBytes();
      return form.firstBytes() + second + products.workspaceBytes(false);
    }

    @Override
    public long packedFilterBytes() {
      return packs ? form.secondBytes() : 0;
    }

    @Override
    public void packFilter(Block filter, Block packed) {
      copy(form.second(), copyOfSecond, filter, packed);
    }

    private void copy(ChannelsLastCopy which, KernelRun run, Block from, Block to) {
      run.launch(
          copy,
          which.grid(copy.variant(), form.elementBytes()),
          new ConvOperands(from, from, false, null, null, to, null));
    }

    @Override
    public void run(ConvOperands operands) {
      Block first = operands.first();
      Block second = operands.second();
      long at = 0;
      if (!form.first().isIdentity()) {
        first = scratch(operands, 0, form.firstBytes());
        copy(form.first(), copyOfFirst, operands.first(), first);
        at = form.firstBytes();
      }
      if (!form.second().isIdentity() && !operands.secondPacked()) {
        second = scratch(operands, at, form.secondBytes());
        copy(form.second(), copyOfSecond, operands.second(), second);
        at += form.secondBytes();
      }
      long parts = products.workspaceBytes(false);
      products.run(
          new ConvOperands(
              first,
              second,
              false,
              operands.bias(),
              operands.residual(),
              operands.result(),
              parts == 0 ? null : scratch(operands, at, parts)));
    }

    private static Block scratch(ConvOperands operands, long at, long bytes) {
      return Objects.requireNonNull(operands.workspace(), "workspace").slice(at, bytes);
    }

    @Override
    public Map<String, String> facts() {
      return products.facts();
    }
  }
}
