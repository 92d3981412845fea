package dev.conv4j.cpu;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.reference.ReferenceAlgorithm;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import java.util.List;

/** The list of this backend's algorithms, the only place that knows them all. */
final class CpuAlgorithms {

  private CpuAlgorithms() {}

  /** Returns the algorithms of a device, the fastest kind first, the reference last. */
  static List<Algorithm<ConvProblem, ConvOperands>> convolutions(CpuContext context) {
    return List.of(new ReferenceAlgorithm(context));
  }
}
