package dev.conv4j.onnx.op.normalize;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;

/** Registers normalizations. */
public final class NormalizationOperators {

  private NormalizationOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("BatchNormalization", 7, Normalizations::batch);
    all.add(Node.FUSED, "Affine", 1, Long.MAX_VALUE, ChannelScale::new);
    all.add("InstanceNormalization", 6, Normalizations::instance);
    all.add("GroupNormalization", 18, Normalizations::group);
    all.add("LayerNormalization", 17, Normalizations::layer);
    all.add("LRN", 1, LocalResponse::new);
    all.add("Softmax", 1, node -> new Softmax(Softmax.Kind.SOFT, node));
    all.add("LogSoftmax", 1, node -> new Softmax(Softmax.Kind.LOG, node));
    all.add("Hardmax", 1, node -> new Softmax(Softmax.Kind.HARD, node));
    all.add("MeanVarianceNormalization", 9, MeanVariance::new);
    all.add("LpNormalization", 1, MeanVariance::lp);
  }
}
