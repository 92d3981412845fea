package dev.conv4j.cuda;

import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import java.util.List;

/** The one list that says which algorithms there are, fastest kind first. */
final class ConvAlgorithms {

  private ConvAlgorithms() {}

  static List<Algorithm<ConvProblem, ConvOperands>> of(Kernels kernels) {
    return List.of(
        new DepthwiseAlgorithm(kernels),
        TensorGemmAlgorithm.whole(kernels),
        TensorGemmAlgorithm.split(kernels),
        new ChannelsLastGemmAlgorithm(kernels),
        WinogradAlgorithm.fourByThree(kernels),
        WinogradAlgorithm.twoByThree(kernels),
        PointwiseAlgorithm.whole(kernels),
        PointwiseAlgorithm.split(kernels),
        new FewChannelAlgorithm(kernels),
        ImplicitGemmAlgorithm.whole(kernels),
        ImplicitGemmAlgorithm.split(kernels),
        new DirectAlgorithm(kernels),
        new Im2colGemmAlgorithm(kernels),
        new ReferenceAlgorithm(kernels));
  }
}
