package dev.conv4j.opencl;

import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import java.util.List;

/** The one list that says which algorithms there are, fastest kind first. */
final class ConvAlgorithms {

  private ConvAlgorithms() {}

  static List<Algorithm<ConvProblem, ConvOperands>> of(KernelContext context) {
    return List.of(
        new WinogradCpu(context),
        new GemmCpu(context, CpuLanes.PIXELS),
        new GemmCpu(context, CpuLanes.FILTERS),
        new Depthwise(context),
        new Pointwise(context),
        new Winograd(context),
        new FewChannel(context),
        new ImplicitGemm(context, false),
        new ImplicitGemm(context, true),
        new Direct(context),
        new Im2colGemm(context),
        new ReferenceAlgorithm(context));
  }
}
