package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.OnnxTensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Drops nodes and constants that no output depends on. */
final class DeadCode {

  private DeadCode() {}

  static Graph remove(Graph graph) {
    Set<String> wanted = new HashSet<>();
    graph.outputs().forEach(output -> wanted.add(output.name()));
    List<Node> kept = new ArrayList<>();
    for (Node node : graph.nodes().reversed()) {
      if (node.outputs().stream().anyMatch(wanted::contains)) {
        wanted.addAll(node.inputs());
        kept.add(node);
      }
    }
    Map<String, OnnxTensor> constants = new HashMap<>(graph.constants());
    constants.keySet().retainAll(wanted);
    return graph.with(kept.reversed(), constants);
  }
}
