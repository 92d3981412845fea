package dev.conv4j.cpu;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.depthwise.DepthwiseAlgorithm;
import dev.conv4j.cpu.fft.Fft;
import dev.conv4j.cpu.gemm.Direct;
import dev.conv4j.cpu.gemm.Im2colGemm;
import dev.conv4j.cpu.gemm.ImplicitGemm;
import dev.conv4j.cpu.gemm.ImplicitGemmBackwardData;
import dev.conv4j.cpu.gemm.ImplicitGemmBackwardFilter;
import dev.conv4j.cpu.gemm.PackedGemm;
import dev.conv4j.cpu.gemm.Pointwise;
import dev.conv4j.cpu.reference.ReferenceAlgorithm;
import dev.conv4j.cpu.stencil.Stencil;
import dev.conv4j.cpu.winograd.Winograd;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import java.util.ArrayList;
import java.util.List;

/**
 * The list of this backend's algorithms, the only place that knows them all, and the only one that
 * chooses between those with vectors and those with plain loops.
 */
final class CpuAlgorithms {

  private CpuAlgorithms() {}

  /** Returns the algorithms of a device, the fastest kind first, the reference last. */
  static List<Algorithm<ConvProblem, ConvOperands>> convolutions(CpuContext context) {
    List<Algorithm<ConvProblem, ConvOperands>> algorithms = new ArrayList<>();
    if (context.hasVectors()) {
      algorithms.add(new DepthwiseAlgorithm(context));
      algorithms.add(new Stencil(context));
      algorithms.add(new Fft(context));
      algorithms.add(Winograd.fourByThree(context));
      algorithms.add(Winograd.twoByThree(context));
      algorithms.add(Winograd.twoByFive(context));
    }
    algorithms.add(new Direct(context));
    algorithms.add(new PackedGemm(context));
    algorithms.add(new Pointwise(context));
    algorithms.add(new ImplicitGemm(context));
    algorithms.add(new Im2colGemm(context));
    algorithms.add(new ImplicitGemmBackwardData(context));
    algorithms.add(new ImplicitGemmBackwardFilter(context));
    algorithms.add(new ReferenceAlgorithm(context));
    return List.copyOf(algorithms);
  }
}
