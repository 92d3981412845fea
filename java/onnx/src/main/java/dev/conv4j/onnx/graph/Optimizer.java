package dev.conv4j.onnx.graph;

/**
 * The work done on a network once, before it runs: what is constant is computed, what does nothing
 * goes, and what follows a convolution element by element becomes part of it.
 */
public final class Optimizer {

  private Optimizer() {}

  /** Returns a network with the same results. */
  public static Graph optimize(Graph graph) {
    Graph folded = ConstantFolding.fold(graph);
    Graph direct = PassThroughRemoval.remove(folded);
    return DeadCode.remove(Fusion.fuse(Rearrangement.join(direct)));
  }
}
