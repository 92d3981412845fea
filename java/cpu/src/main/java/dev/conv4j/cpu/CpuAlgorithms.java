package dev.conv4j.cpu;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.depthwise.DepthwiseAlgorithm;
import dev.conv4j.cpu.reference.ReferenceAlgorithm;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import java.util.List;

/**
 * The list of this backend's algorithms, the only place that knows them all, and the only one that
 * chooses between those with vectors and those with plain loops.
 */
final class CpuAlgorithms {

  private CpuAlgorithms() {}

  /** Returns the algorithms of a device, the fastest kind first, the reference last. */
  static List<Algorithm<ConvProblem, ConvOperands>> convolutions(CpuContext context) {
    return context.hasVectors()
        ? List.of(new DepthwiseAlgorithm(context), new ReferenceAlgorithm(context))
        : List.of(new ReferenceAlgorithm(context));
  }
}
