package dev.conv4j.onnx.op.pool;

import dev.conv4j.onnx.op.Operators;
import dev.conv4j.onnx.op.pool.WindowPooling.Kind;

/** Registers pooling. */
public final class PoolingOperators {

  private PoolingOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("MaxPool", 1, node -> new WindowPooling(Kind.MAX, node));
    all.add("AveragePool", 1, node -> new WindowPooling(Kind.AVERAGE, node));
    all.add("LpPool", 2, node -> new WindowPooling(Kind.NORM, node));
    all.add("GlobalMaxPool", 1, node -> new GlobalPooling(Kind.MAX, node));
    all.add("GlobalAveragePool", 1, node -> new GlobalPooling(Kind.AVERAGE, node));
    all.add("GlobalLpPool", 2, node -> new GlobalPooling(Kind.NORM, node));
    all.add("MaxUnpool", 9, Unpooling::new);
  }
}
