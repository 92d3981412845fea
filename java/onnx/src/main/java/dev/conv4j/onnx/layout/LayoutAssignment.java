package dev.conv4j.onnx.layout;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides which nodes work on images with channels last, so that the predicted time of the nodes
 * and of transposing what passes between the two kinds is least: a minimum cut.
 */
public final class LayoutAssignment {

  /** What a node takes. */
  @FunctionalInterface
  public interface Prices {
    /**
     * Returns the predicted seconds of a node.
     *
     * @param inputs constants, and types and dimensions of other values, null for what is left out
     */
    double seconds(Node node, List<@Nullable OnnxTensor> inputs);
  }

  private static final double PER_SECOND = 1e12;

  private final Graph graph;
  private final Map<String, OnnxTensor> values;
  private final Prices prices;
  private final MinimumCut cut = new MinimumCut();
  private final Map<Node, Choice> choices = new LinkedHashMap<>();

  /** The same by what they make. */
  private final Map<String, Choice> makers = new HashMap<>();

  /** A node that can be either, and its number in the cut. */
  private record Choice(Form form, int vertex) {}

  private LayoutAssignment(Graph graph, Map<String, OnnxTensor> values, Prices prices) {
    this.graph = graph;
    this.values = values;
    this.prices = prices;
  }

  /**
   * Returns a network with the same results.
   *
   * @param values type and dimensions of values, as far as they can be told
   * @param prices what nodes take
   */
  public static Graph assign(Graph graph, Map<String, OnnxTensor> values, Prices prices) {
    LayoutAssignment assignment = new LayoutAssignment(graph, values, prices);
    assignment.price();
    assignment.link();
    return assignment.rewritten();
  }

  private void price() {
    Map<String, Integer> uses = graph.uses();
    for (Node node : graph.nodes()) {
      Form form = Form.of(node, graph, values);
      if (form != null) {
        Map<Integer, Integer> slices = slices(node, uses);
        double last = prices.seconds(form.node(), without(stored(form), slices.keySet()));
        double first = prices.seconds(node, without(inputs(node), slices.keySet()));
        double common = Math.min(last, first);
        int vertex = cut.vertex(whole(last - common), whole(first - common));
        Choice choice = new Choice(form, vertex);
        choices.put(node, choice);
        makers.put(node.outputs().getFirst(), choice);
        slices.forEach((input, maker) -> {
          cut.link(vertex, maker, copy(form.node(), stored(form), input));
          cut.link(maker, vertex, copy(node, inputs(node), input));
        });
      }
    }
  }

  /**
   * Returns the inputs that a run's memory plan can have made at their place in a concatenation, if
   * their channels lie as its own do, each with the vertex of its maker: results of convolutions
   * that nobody else reads.
   */
  private Map<Integer, Integer> slices(Node node, Map<String, Integer> uses) {
    Map<Integer, Integer> slices = new LinkedHashMap<>();
    for (int i = 0; i < node.inputs().size() && node.is("Concat"); i++) {
      Choice maker = makers.get(node.input(i));
      if (maker != null
          && maker.form.node().op().equals("Conv")
          && maker.form.node().input(3).isEmpty()
          && uses.getOrDefault(node.input(i), 0) == 1) {
        slices.put(i, maker.vertex);
      }
    }
    return slices;
  }

  /** Returns the price of an input of a concatenation that is not at its place. */
  private long copy(Node node, List<@Nullable OnnxTensor> inputs, int input) {
    double all = prices.seconds(node, inputs);
    return whole(Math.max(0, all - prices.seconds(node, without(inputs, Set.of(input)))));
  }

  private static List<@Nullable OnnxTensor> without(
      List<@Nullable OnnxTensor> inputs, Set<Integer> left) {
    List<@Nullable OnnxTensor> rest = new ArrayList<>(inputs);
    left.forEach(input -> rest.set(input, null));
    return rest;
  }

  private List<@Nullable OnnxTensor> inputs(Node node) {
    List<@Nullable OnnxTensor> inputs = new ArrayList<>();
    node.inputs().forEach(name -> inputs.add(values.get(name)));
    return inputs;
  }

  private List<@Nullable OnnxTensor> stored(Form form) {
    List<@Nullable OnnxTensor> stored = inputs(form.node());
    for (int i : form.images()) {
      OnnxTensor value = stored.get(i);
      stored.set(i, value == null ? null : TransposeInsertion.stored(value));
    }
    return stored;
  }

  private static long whole(double seconds) {
    return (long) Math.min(seconds * PER_SECOND, MinimumCut.NEVER);
  }

  /** A value that is made in one order and read in the other is transposed once for all readers. */
  private void link() {
    Map<String, List<Integer>> readers = new LinkedHashMap<>();
    for (Node node : graph.nodes()) {
      Choice choice = choices.get(node);
      for (int i = 0; i < node.inputs().size(); i++) {
        readers
            .computeIfAbsent(node.input(i), name -> new ArrayList<>())
            .add(
                choice != null && choice.form.images().contains(i)
                    ? choice.vertex
                    : MinimumCut.SECOND);
      }
    }
    graph
        .outputs()
        .forEach(output ->
            readers
                .computeIfAbsent(output.name(), name -> new ArrayList<>())
                .add(MinimumCut.SECOND));
    readers.forEach((name, all) -> {
      OnnxTensor value = values.get(name);
      if (value != null && value.rank() == 4 && !graph.constants().containsKey(name)) {
        Choice maker = makers.get(name);
        link(maker == null ? MinimumCut.SECOND : maker.vertex, all, value);
      }
    });
  }

  private void link(int maker, List<Integer> readers, OnnxTensor value) {
    long back = transpose(TransposeInsertion.TO_FIRST, TransposeInsertion.stored(value));
    long there = transpose(TransposeInsertion.TO_LAST, value);
    int first = cut.vertex(0, 0);
    int last = cut.vertex(0, 0);
    cut.link(maker, first, back);
    cut.link(last, maker, there);
    for (int reader : readers) {
      cut.link(first, reader, MinimumCut.NEVER);
      cut.link(reader, last, MinimumCut.NEVER);
    }
  }

  private long transpose(long[] order, OnnxTensor value) {
    return whole(prices.seconds(TransposeInsertion.node("", "from", "to", order), List.of(value)));
  }

  private Graph rewritten() {
    boolean[] last = cut.first();
    TransposeInsertion insertion = new TransposeInsertion(graph);
    for (Node node : graph.nodes()) {
      Choice choice = choices.get(node);
      if (choice != null && last[choice.vertex]) {
        insertion.last(choice.form);
      } else {
        insertion.first(node);
      }
    }
    return insertion.result();
  }
}
