package dev.conv4j.onnx.graph;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network: nodes in an order in which they can run, each value made once. Immutable; graph work
 * makes a new one.
 *
 * @param nodes in running order
 * @param constants values known at load
 * @param inputs what every run brings
 * @param outputs what every run gives
 */
public record Graph(
    List<Node> nodes,
    Map<String, OnnxTensor> constants,
    List<ValueInfo> inputs,
    List<ValueInfo> outputs) {

  /** Copies the collections. */
  public Graph {
    nodes = List.copyOf(nodes);
    constants = Map.copyOf(constants);
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Returns the same inputs and outputs around other nodes and constants. */
  public Graph with(List<Node> otherNodes, Map<String, OnnxTensor> otherConstants) {
    return new Graph(otherNodes, otherConstants, inputs, outputs);
  }

  /** Returns the constant a node reads, or null when it is none. */
  public @Nullable OnnxTensor constant(Node node, int input) {
    return constants.get(node.input(input));
  }

  /** Returns whether a value is one of the network's results. */
  public boolean isOutput(String value) {
    return outputs.stream().anyMatch(output -> output.name().equals(value));
  }

  /** Returns how often each value is read, as a result of the network too. */
  public Map<String, Integer> uses() {
    Map<String, Integer> uses = new HashMap<>();
    nodes.forEach(node -> node.inputs().forEach(name -> uses.merge(name, 1, Integer::sum)));
    outputs.forEach(output -> uses.merge(output.name(), 1, Integer::sum));
    return uses;
  }
}
