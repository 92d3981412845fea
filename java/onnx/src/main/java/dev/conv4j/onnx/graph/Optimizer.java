package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.SessionOptions;

/** The work done on a network once, before it runs. */
public final class Optimizer {

  private Optimizer() {}

  /** Returns a network with the same results. */
  public static Graph optimize(Graph graph, SessionOptions options) {
    return graph;
  }
}
