package dev.conv4j.onnx.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one node of a Transpose between two Reshapes to constant shapes, as channel shuffles and
 * blocks of pixels are spelled: one copy in place of three values.
 */
final class Rearrangement {

  private final Graph graph;
  private final Map<String, Integer> uses;
  private final Map<String, Node> makers = new HashMap<>();

  private Rearrangement(Graph graph) {
    this.graph = graph;
    this.uses = graph.uses();
    graph.nodes().forEach(node -> node.outputs().forEach(name -> makers.put(name, node)));
  }

  /** What was taken over is dead code afterwards. */
  static Graph join(Graph graph) {
    Rearrangement work = new Rearrangement(graph);
    List<Node> nodes = new ArrayList<>();
    graph.nodes().forEach(node -> nodes.add(work.joined(node)));
    return graph.with(nodes, graph.constants());
  }

  private Node joined(Node last) {
    Node moved = isReshape(last) ? onlyRead(last.input(0)) : null;
    Node first = moved != null && moved.is("Transpose") ? onlyRead(moved.input(0)) : null;
    if (moved == null || first == null || !isReshape(first)) {
      return last;
    }
    return new Node(
        "Rearrange",
        Node.FUSED,
        last.opset(),
        moved.name(),
        List.of(first.input(0), first.input(1), last.input(1)),
        last.outputs(),
        moved.attributes());
  }

  private boolean isReshape(Node node) {
    return node.is("Reshape")
        && graph.constant(node, 1) != null
        && !node.attributes().flag("allowzero", false);
  }

  /** Returns the node that makes a value nobody else reads, or null. */
  private @Nullable Node onlyRead(String value) {
    return uses.getOrDefault(value, 0) == 1 ? makers.get(value) : null;
  }
}
