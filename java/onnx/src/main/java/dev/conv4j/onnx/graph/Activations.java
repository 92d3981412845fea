package dev.conv4j.onnx.graph;

import dev.conv4j.Activation;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import org.jspecify.annotations.Nullable;

/** The operators that an epilogue can compute. */
public final class Activations {

  private Activations() {}

  /** Returns a node's function as an epilogue has it, or null. */
  static @Nullable Activation of(Node node, Graph graph) {
    if (!node.domain().isEmpty()) {
      return null;
    }
    return node.op().equals("Clip") ? clip(node, graph) : of(node);
  }

  /** Returns the function of a node with one input as an epilogue has it, or null. */
  public static @Nullable Activation of(Node node) {
    Attributes attributes = node.attributes();
    return switch (node.op()) {
      case "Relu" -> Activation.RELU;
      case "Sigmoid" -> Activation.SIGMOID;
      case "Tanh" -> Activation.TANH;
      case "HardSwish" -> Activation.HARD_SWISH;
      case "LeakyRelu" -> Activation.leakyRelu(attributes.real("alpha", 0.01f));
      case "Gelu" -> attributes.text("approximate", "none").equals("none") ? Activation.GELU : null;
      case "Swish" -> attributes.real("alpha", 1) == 1 ? Activation.SILU : null;
      default -> null;
    };
  }

  private static @Nullable Activation clip(Node node, Graph graph) {
    float low = -Float.MAX_VALUE;
    float high = Float.MAX_VALUE;
    if (node.opset() < 11) {
      low = node.attributes().real("min", low);
      high = node.attributes().real("max", high);
    } else {
      for (int i = 1; i <= 2; i++) {
        OnnxTensor bound = graph.constant(node, i);
        if (!node.input(i).isEmpty()
            && (bound == null || bound.type() != ElementType.FLOAT || bound.elements() != 1)) {
          return null;
        }
        if (bound != null) {
          low = i == 1 ? (float) bound.getDouble(0) : low;
          high = i == 2 ? (float) bound.getDouble(0) : high;
        }
      }
    }
    return low <= high ? Activation.clip(low, high) : null;
  }

  static Attributes with(Attributes attributes, Activation activation) {
    return attributes
        .with("activation", activation.kind().name().toLowerCase(java.util.Locale.ROOT))
        .with("activation_alpha", activation.alpha())
        .with("activation_beta", activation.beta());
  }
}
