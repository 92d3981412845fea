package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.OnnxTensor;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** How many dimensions values have, where that can be told without running anything. */
final class Ranks {

  /** Operators whose result has as many dimensions as their first input. */
  private static final Set<String> KEEP =
      Set.of(
          "Conv",
          "ConvTranspose",
          "BatchNormalization",
          "InstanceNormalization",
          "LRN",
          "Relu",
          "LeakyRelu",
          "Clip",
          "Sigmoid",
          "Tanh",
          "HardSwish",
          "HardSigmoid",
          "Elu",
          "PRelu",
          "MaxPool",
          "AveragePool",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "Concat",
          "Transpose",
          "Dropout",
          "Identity",
          "Softmax",
          "Pad",
          "Resize",
          "Upsample",
          "Slice",
          "Affine");

  private final Map<String, Integer> known = new HashMap<>();

  Ranks(Graph graph) {
    graph
        .inputs()
        .forEach(input -> {
          if (input.dims() != null) {
            known.put(input.name(), input.dims().size());
          }
        });
    graph.constants().forEach((name, tensor) -> known.put(name, tensor.rank()));
    graph.nodes().forEach(node -> infer(node, graph.constants()));
  }

  private void infer(Node node, Map<String, OnnxTensor> constants) {
    int rank = of(node.input(0));
    if (node.op().equals("Conv") && constants.containsKey(node.input(1))) {
      rank = constants.get(node.input(1)).rank();
    } else if (Set.of("Add", "Sub", "Mul", "Div", "Sum", "Max", "Min").contains(node.op())) {
      for (String input : node.inputs()) {
        rank = of(input) < 0 || rank < 0 ? -1 : Math.max(rank, of(input));
      }
    } else if (!KEEP.contains(node.op())) {
      rank = -1;
    }
    if (rank >= 0) {
      known.put(node.outputs().getFirst(), rank);
    }
  }

  /** Returns the number of dimensions, or -1 when it is not known. */
  int of(String value) {
    return known.getOrDefault(value, -1);
  }
}
