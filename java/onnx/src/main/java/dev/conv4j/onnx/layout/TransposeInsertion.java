package dev.conv4j.onnx.layout;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Attributes;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.ChannelsLast;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a network anew with some nodes working on images with channels last, and transposes what
 * passes between the two kinds, each value once. An image whose channels lie last has a name of its
 * own.
 */
final class TransposeInsertion {

  /** The order of axes that brings channels behind space. */
  static final long[] TO_LAST = {0, 2, 3, 1};

  /** The order of axes that brings channels before space. */
  static final long[] TO_FIRST = {0, 3, 1, 2};

  private final Graph graph;
  private final String suffix;
  private final Map<String, OnnxTensor> constants;
  private final List<Node> nodes = new ArrayList<>();
  private final Set<String> first = new HashSet<>();
  private final Set<String> last = new HashSet<>();

  TransposeInsertion(Graph graph) {
    this.graph = graph;
    this.suffix = suffix(graph);
    this.constants = new HashMap<>(graph.constants());
    this.first.addAll(graph.constants().keySet());
    graph.inputs().forEach(input -> first.add(input.name()));
  }

  /** Returns an end that no name has. */
  private static String suffix(Graph graph) {
    Set<String> names = new HashSet<>(graph.uses().keySet());
    graph.nodes().forEach(node -> names.addAll(node.outputs()));
    StringBuilder suffix = new StringBuilder("/nhwc");
    while (names.stream().anyMatch(name -> name.endsWith(suffix.toString()))) {
      suffix.append('+');
    }
    return suffix.toString();
  }

  /** Adds a node as it is. */
  void first(Node node) {
    node.inputs().forEach(this::inFirst);
    nodes.add(node);
    first.addAll(node.outputs());
  }

  /** Adds a node whose images have their channels last. */
  void last(Form form) {
    Node node = form.node();
    List<String> inputs = new ArrayList<>(node.inputs());
    for (int i = 0; i < inputs.size(); i++) {
      String name = inputs.get(i);
      if (form.images().contains(i)) {
        inputs.set(i, inLast(name));
      } else {
        inFirst(name);
      }
    }
    String output = node.outputs().getFirst();
    nodes.add(node.withInputs(inputs).withOutputs(List.of(output + suffix)));
    last.add(output);
  }

  private void inFirst(String name) {
    if (!name.isEmpty() && last.contains(name) && first.add(name)) {
      nodes.add(node(name + suffix, name + suffix, name, TO_FIRST));
    }
  }

  private String inLast(String name) {
    OnnxTensor constant = constants.get(name);
    if (last.add(name)) {
      if (constant == null) {
        nodes.add(node(name + suffix, name, name + suffix, TO_LAST));
      } else {
        constants.put(name + suffix, transposed(constant));
      }
    }
    return name + suffix;
  }

  static Node node(String name, String from, String to, long... order) {
    return new Node(
        "Transpose", "", 13, name, List.of(from), List.of(to), Attributes.NONE.with("perm", order));
  }

  /** Returns the type and dimensions of an image as it lies with channels last. */
  static OnnxTensor stored(OnnxTensor value) {
    return value.reshaped(ChannelsLast.stored(four(value)));
  }

  private static long[] four(OnnxTensor value) {
    long[] dims = new long[4];
    Arrays.fill(dims, 1);
    System.arraycopy(value.dims(), 0, dims, 4 - value.rank(), value.rank());
    return dims;
  }

  private static OnnxTensor transposed(OnnxTensor constant) {
    long[] dims = four(constant);
    OnnxTensor transposed = OnnxTensor.zeros(constant.type(), ChannelsLast.stored(dims));
    int bytes = constant.type().bytes();
    long plane = dims[2] * dims[3];
    for (long i = 0; i < constant.elements(); i++) {
      long n = i / (dims[1] * plane);
      long to = (n * plane + i % plane) * dims[1] + i / plane % dims[1];
      java.lang.foreign.MemorySegment.copy(
          constant.memory(), i * bytes, transposed.memory(), to * bytes, bytes);
    }
    return transposed;
  }

  /** Returns the network; its results have their channels where they were. */
  Graph result() {
    graph.outputs().forEach(output -> inFirst(output.name()));
    return graph.with(nodes, constants);
  }
}
