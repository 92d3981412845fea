package dev.conv4j.cuda;

import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.util.List;

/**
 * Products in f32 within an algorithm, of operands that it has prepared: whole sums on the CUDA
 * cores.
 *
 * @param kernels the device's kernels
 * @param problem the products as a convolution
 */
record PlainProducts(Kernels kernels, ConvProblem problem) {

  private List<GemmTile> tiles() {
    return GemmPlan.usable(kernels, problem, GemmView.of(problem), GemmTile.simple(kernels));
  }

  private GemmPlan plan(Tuning tuning) {
    return GemmPlan.of(GemmView.of(problem), tiles(), tuning);
  }

  private double rate() {
    return kernels.gpu().generation().simpleRate();
  }

  TuningSpace space() {
    return new GemmSearch(
            kernels.gpu(), problem, GemmView::of, tiles(), GemmSearch.Splits.NEVER, rate())
        .space();
  }

  List<KernelVariant> variants(Tuning tuning) {
    return plan(tuning).variants(kernels, problem);
  }

  /** Returns the modelled time. */
  double seconds(Tuning tuning) {
    return plan(tuning).seconds(kernels.gpu(), rate());
  }

  Executable<ConvOperands> compile(Tuning tuning) {
    return plan(tuning).compile(kernels, problem);
  }
}
