package dev.conv4j.onnx.op.pool;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;
import dev.conv4j.onnx.op.pool.WindowPooling.Kind;
import java.util.List;

/** Registers pooling. */
public final class PoolingOperators {

  private PoolingOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    for (String domain : List.of("", Node.FUSED)) {
      add(all, domain, "MaxPool", node -> new WindowPooling(Kind.MAX, node));
      add(all, domain, "AveragePool", node -> new WindowPooling(Kind.AVERAGE, node));
      add(all, domain, "GlobalMaxPool", node -> new GlobalPooling(Kind.MAX, node));
      add(all, domain, "GlobalAveragePool", node -> new GlobalPooling(Kind.AVERAGE, node));
    }
    all.add("LpPool", 2, node -> new WindowPooling(Kind.NORM, node));
    all.add("GlobalLpPool", 2, node -> new GlobalPooling(Kind.NORM, node));
    all.add("MaxUnpool", 9, Unpooling::new);
  }

  private static void add(Operators all, String domain, String op, Operators.Factory factory) {
    all.add(domain, op, 1, Long.MAX_VALUE, factory);
  }
}
