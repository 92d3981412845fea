package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.OnnxTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Takes out nodes that hand their input on: Identity, and Dropout of a trained network. */
final class PassThroughRemoval {

  private PassThroughRemoval() {}

  static Graph remove(Graph graph) {
    Map<String, Integer> uses = graph.uses();
    Set<String> results = new HashSet<>();
    graph.outputs().forEach(output -> results.add(output.name()));
    Map<String, String> standsFor = new HashMap<>();
    List<Node> left = new ArrayList<>();
    for (Node node : graph.nodes()) {
      List<String> inputs =
          node.inputs().stream().map(name -> standsFor.getOrDefault(name, name)).toList();
      Node now = node.withInputs(inputs);
      // A result of the network keeps its name, and with it the node that makes it.
      if (passes(now, graph.constants(), uses) && !results.contains(now.outputs().getFirst())) {
        standsFor.put(now.outputs().getFirst(), now.input(0));
      } else {
        left.add(now);
      }
    }
    return graph.with(left, graph.constants());
  }

  private static boolean passes(
      Node node, Map<String, OnnxTensor> constants, Map<String, Integer> uses) {
    if (node.outputs().stream().skip(1).anyMatch(uses::containsKey)) {
      return false;
    }
    if (node.is("Identity")) {
      return true;
    }
    // From opset 12 on a third input may say that this is training.
    OnnxTensor training = constants.get(node.input(2));
    return node.is("Dropout")
        && (node.input(2).isEmpty() || (training != null && training.getLong(0) == 0));
  }
}
