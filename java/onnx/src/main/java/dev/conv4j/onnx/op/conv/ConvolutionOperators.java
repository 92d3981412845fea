package dev.conv4j.onnx.op.conv;

import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;

/** Registers the convolution family. */
public final class ConvolutionOperators {

  private ConvolutionOperators() {}

  /** Adds the family. */
  public static void register(Operators all) {
    all.add("Conv", 1, Conv::new);
    all.add(Node.FUSED, "Conv", 1, Long.MAX_VALUE, Conv::new);
    all.add("ConvTranspose", 1, ConvTranspose::new);
    all.add("ConvInteger", 10, node -> new IntegerConv(node, false));
    all.add("QLinearConv", 10, node -> new IntegerConv(node, true));
    all.add("DeformConv", 19, DeformConv::new);
    all.add("Col2Im", 18, Col2Im::new);
    all.add("CausalConvWithState", 1, CausalConv::new);
  }
}
