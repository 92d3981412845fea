package dev.conv4j.onnx.graph;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import dev.conv4j.onnx.proto.Messages.GraphProto;
import dev.conv4j.onnx.proto.Messages.ModelProto;
import dev.conv4j.onnx.proto.Messages.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks a parsed graph and puts its nodes into running order. */
public final class GraphReader {

  private final String source;
  private final Map<String, Long> opsets;

  private GraphReader(String source, Map<String, Long> opsets) {
    this.source = source;
    this.opsets = opsets;
  }

  /**
   * Returns the network of a model.
   *
   * @param source what it was read from, for messages
   * @throws InvalidArgumentException if a value is read that nothing makes, made twice, or made
   *     from itself
   */
  public static Graph read(String source, ModelProto model) {
    return new GraphReader(source, model.opsets()).read(model.graph());
  }

  private Graph read(GraphProto proto) {
    List<ValueInfo> inputs = new ArrayList<>();
    Set<String> made = new HashSet<>(proto.initializers().keySet());
    for (ValueInfo input : proto.inputs()) {
      requireName(input);
      if (!proto.initializers().containsKey(input.name())) {
        inputs.add(input);
        if (!made.add(input.name())) {
          throw wrong("has input '" + input.name() + "' twice", "one of each name");
        }
      }
    }
    List<Node> nodes = new ArrayList<>();
    for (NodeProto node : proto.nodes()) {
      nodes.add(node(node, nodes.size()));
    }
    Map<String, OnnxTensor> constants = new HashMap<>(proto.initializers());
    Graph graph = new Graph(ordered(nodes, made), constants, inputs, proto.outputs());
    for (ValueInfo output : proto.outputs()) {
      requireName(output);
      if (!made.contains(output.name())) {
        throw wrong("has output '" + output.name() + "' that no node makes", "a complete graph");
      }
    }
    if (proto.outputs().isEmpty()) {
      throw wrong("has no output", "one or more");
    }
    return graph;
  }

  /** Nodes leave values out by an empty name, so nothing can be called so. */
  private void requireName(ValueInfo value) {
    if (value.name().isEmpty()) {
      throw wrong("has an input or output without a name", "a name for each");
    }
  }

  private Node node(NodeProto proto, int index) {
    String name = proto.name().isEmpty() ? "#" + index : proto.name();
    Long opset = opsets.get(proto.domain());
    if (opset == null) {
      throw wrong(
          "uses operator "
              + proto.op()
              + " of domain '"
              + proto.domain()
              + "' in node '"
              + name
              + "' without saying which version",
          "an opset_import for every domain");
    }
    return new Node(
        proto.op(),
        proto.domain(),
        opset,
        name,
        proto.inputs(),
        proto.outputs(),
        new Attributes(proto.attributes()));
  }

  /** Kahn's algorithm; among nodes that are ready the file's order stays. */
  private List<Node> ordered(List<Node> nodes, Set<String> made) {
    Map<String, List<Integer>> readers = new HashMap<>();
    int[] missing = new int[nodes.size()];
    Set<String> coming = new HashSet<>();
    for (Node node : nodes) {
      for (String output : node.outputs()) {
        if (!output.isEmpty() && (made.contains(output) || !coming.add(output))) {
          throw wrong("makes value '" + output + "' twice", "each value once");
        }
      }
    }
    ArrayDeque<Integer> ready = new ArrayDeque<>();
    for (int i = 0; i < missing.length; i++) {
      for (String input : new HashSet<>(nodes.get(i).inputs())) {
        if (!input.isEmpty() && !made.contains(input)) {
          if (!coming.contains(input)) {
            throw wrong(
                "has " + nodes.get(i) + " read '" + input + "', which nothing makes",
                "a complete graph");
          }
          readers.computeIfAbsent(input, key -> new ArrayList<>()).add(i);
          missing[i]++;
        }
      }
      if (missing[i] == 0) {
        ready.add(i);
      }
    }
    List<Node> ordered = new ArrayList<>();
    while (!ready.isEmpty()) {
      Node node = nodes.get(ready.poll());
      ordered.add(node);
      for (String output : node.outputs()) {
        made.add(output);
        for (int reader : readers.getOrDefault(output, List.of())) {
          if (--missing[reader] == 0) {
            ready.add(reader);
          }
        }
      }
    }
    if (ordered.size() < nodes.size()) {
      throw wrong("has nodes that wait for one another", "a graph without cycles");
    }
    return ordered;
  }

  private InvalidArgumentException wrong(String what, String expected) {
    return new InvalidArgumentException(source, "a graph that " + what, expected);
  }
}
