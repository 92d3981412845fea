package dev.conv4j.onnx.op.matrix;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;

/** Registers matrix products. */
public final class MatrixOperators {

  private MatrixOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("MatMul", 1, node -> new MatMul());
    all.add("Gemm", 7, Gemm::new);
    all.add(Node.FUSED, "Gemm", 1, Long.MAX_VALUE, Gemm::new);
  }
}
