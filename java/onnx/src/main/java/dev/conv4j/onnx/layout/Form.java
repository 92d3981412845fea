package dev.conv4j.onnx.layout;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.ChannelsLast;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node as it is when its images have their channels last.
 *
 * @param node the node, its inputs and outputs still those of the network
 * @param images which inputs are images; constants among them are turned once
 */
record Form(Node node, List<Integer> images) {

  /** Operators with kernels for either order, chosen by an attribute. The first input counts. */
  private static final Set<String> TOLD =
      Set.of("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "Affine");

  /** Operators of one image, for which the order of elements does not matter. */
  private static final Set<String> UNARY =
      Set.of(
          "Relu",
          "Sigmoid",
          "Tanh",
          "HardSwish",
          "HardSigmoid",
          "LeakyRelu",
          "Elu",
          "Selu",
          "Celu",
          "Gelu",
          "Swish",
          "Mish",
          "Softplus",
          "Softsign",
          "Exp",
          "Sqrt",
          "Abs",
          "Neg",
          "Clip",
          "ThresholdedRelu",
          "Identity");

  /** Operators of several images, stretched in one way whatever their order. */
  private static final Set<String> TOGETHER =
      Set.of("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean");

  /** Returns a node's form, or null when it has none. */
  static @Nullable Form of(Node node, Graph graph, Map<String, OnnxTensor> values) {
    OnnxTensor first = values.get(node.outputs().getFirst());
    boolean known = node.domain().isEmpty() || node.domain().equals(Node.FUSED);
    if (!known || node.outputs().size() != 1 || first == null || first.rank() != 4) {
      return null;
    }
    String op = node.op();
    if (op.equals("Conv")) {
      return node.input(3).isEmpty()
          ? told(node, graph, values, List.of(0))
          : told(node, graph, values, List.of(0, 3));
    }
    if (TOLD.contains(op)) {
      return told(node, graph, values, List.of(0));
    }
    if (UNARY.contains(op)) {
      return same(node, graph, values, List.of(0));
    }
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      OnnxTensor constant = graph.constant(node, i);
      if (constant == null || constant.elements() != 1 || op.equals("Concat")) {
        all.add(i);
      }
    }
    if (TOGETHER.contains(op)) {
      return same(node, graph, values, all);
    }
    if (op.equals("Concat") && Axis.of(node.attributes().integer("axis", 1), 4) == 1) {
      Form form = same(node, graph, values, all);
      return form == null ? null : form.with(form.node.attributes().with("axis", 3L));
    }
    return null;
  }

  private static @Nullable Form told(
      Node node, Graph graph, Map<String, OnnxTensor> values, List<Integer> images) {
    Node fused =
        new Node(
            node.op(),
            Node.FUSED,
            node.opset(),
            node.name(),
            node.inputs(),
            node.outputs(),
            node.attributes());
    return same(fused, graph, values, images);
  }

  /** An image that is no constant must have four dimensions, or turning it means nothing. */
  private static @Nullable Form same(
      Node node, Graph graph, Map<String, OnnxTensor> values, List<Integer> images) {
    for (int i : images) {
      OnnxTensor value = values.get(node.input(i));
      boolean turns = value != null && value.rank() == 4;
      if (!turns && (value == null || value.rank() > 4 || graph.constant(node, i) == null)) {
        return null;
      }
    }
    return new Form(node, images).with(node.attributes().with(ChannelsLast.ATTRIBUTE, 1L));
  }

  private Form with(Attributes attributes) {
    return new Form(node.withAttributes(attributes), images);
  }
}
