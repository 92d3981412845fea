package dev.conv4j.onnx.graph;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Activation;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Moves what follows a convolution into it: scales and shifts by channel into its weights and bias,
 * a sum with another value into its residual, an activation into its epilogue. Scales and shifts
 * that follow something else become one node, an activation behind them its end.
 *
 * <p>One walk in running order does it all: when a node is reached, what makes its input has taken
 * in everything before.
 */
final class Fusion {

  private static final String CONV = "Conv";
  private static final String AFFINE = "Affine";

  private final Graph graph;
  private final Ranks ranks;
  private final Map<String, Integer> uses;
  private final Map<String, OnnxTensor> constants;
  private final List<@Nullable Node> out = new ArrayList<>();
  private final Map<String, Integer> maker = new HashMap<>();
  private final Map<String, ChannelAffine> affines = new HashMap<>();
  private int made;

  private Fusion(Graph graph) {
    this.graph = graph;
    this.ranks = new Ranks(graph);
    this.uses = graph.uses();
    this.constants = new HashMap<>(graph.constants());
  }

  static Graph fuse(Graph graph) {
    Fusion fusion = new Fusion(graph);
    graph.nodes().forEach(fusion::take);
    List<Node> nodes = new ArrayList<>();
    fusion.out.stream().filter(Objects::nonNull).forEach(nodes::add);
    return graph.with(nodes, fusion.constants);
  }

  private void take(Node given) {
    boolean pair = given.is("Sum") && given.inputs().size() == 2 && given.opset() >= 7;
    Node node = pair ? renamed(given, "Add") : given;
    boolean absorbed =
        absorbedAffine(node)
            || absorbedActivation(node)
            || absorbedGate(node)
            || (node.is("Add")
                && node.inputs().size() == 2
                && (absorbedSum(node, 0) || absorbedSum(node, 1)));
    if (!absorbed) {
      emit(node);
    }
  }

  private void emit(Node node) {
    node.outputs().forEach(name -> maker.put(name, out.size()));
    out.add(node);
  }

  /** Returns the place of the node that makes a value nobody else reads, or -1. */
  private int soleMaker(String value) {
    return uses.getOrDefault(value, 0) == 1 ? maker.getOrDefault(value, -1) : -1;
  }

  private @Nullable Node at(int index) {
    return index < 0 ? null : out.get(index);
  }

  private static boolean isConv(Node node) {
    return node.op().equals(CONV) && (node.domain().isEmpty() || node.domain().equals(Node.FUSED));
  }

  private static boolean isAffine(Node node) {
    return node.op().equals(AFFINE) && node.domain().equals(Node.FUSED);
  }

  private static boolean isFinished(Node node) {
    return node.attributes().has("activation");
  }

  /** Puts a node with another output in the place of the one that made its input. */
  private void replace(int index, Node node, String output) {
    Node renamed = node.withOutputs(List.of(output));
    out.set(index, renamed);
    maker.put(output, index);
  }

  private static Node fused(Node node, String op, List<String> inputs, Attributes attributes) {
    return new Node(op, Node.FUSED, node.opset(), node.name(), inputs, node.outputs(), attributes);
  }

  private String constant(String hint, float[] values, long... dims) {
    String name = hint + "/fused" + made++;
    constants.put(name, OnnxTensor.of(dims, values));
    return name;
  }

  private boolean absorbedAffine(Node node) {
    ChannelAffine affine = ChannelAffine.of(node, graph, ranks);
    if (affine == null || node.outputs().stream().skip(1).anyMatch(uses::containsKey)) {
      return false;
    }
    String input = ChannelAffine.variable(node, graph);
    String output = node.outputs().getFirst();
    int index = soleMaker(input);
    Node before = at(index);
    if (before == null) {
      return emittedAffine(node, input, affine);
    }
    if (isConv(before) && !isFinished(before) && before.input(3).isEmpty()) {
      Node scaled = scaled(before, affine);
      if (scaled != null) {
        replace(index, scaled, output);
        return true;
      }
    }
    ChannelAffine first = affines.get(before.outputs().getFirst());
    if (first != null && isAffine(before) && !isFinished(before)) {
      ChannelAffine both = affine.after(first);
      if (both != null) {
        affines.put(output, both);
        replace(index, affineNode(before, before.input(0), both), output);
        return true;
      }
    }
    return emittedAffine(node, input, affine);
  }

  /** A normalization becomes a scale and a shift; a lone product or sum stays what it is. */
  private boolean emittedAffine(Node node, String input, ChannelAffine affine) {
    if (!node.is("BatchNormalization")) {
      return false;
    }
    String output = node.outputs().getFirst();
    affines.put(output, affine);
    emit(affineNode(node, input, affine).withOutputs(List.of(output)));
    return true;
  }

  private Node affineNode(Node node, String input, ChannelAffine affine) {
    int channels = affine.scale().length;
    float[] scale = new float[channels];
    float[] shift = new float[channels];
    for (int c = 0; c < channels; c++) {
      scale[c] = (float) affine.scale(c);
      shift[c] = (float) affine.shift(c);
    }
    List<String> inputs =
        List.of(
            input, constant(node.name(), scale, channels), constant(node.name(), shift, channels));
    return fused(node, AFFINE, inputs, Attributes.NONE);
  }

  /** Returns the convolution with its weights scaled and its bias moved, or null. */
  private @Nullable Node scaled(Node conv, ChannelAffine affine) {
    OnnxTensor w = constants.get(conv.input(1));
    OnnxTensor b = constants.get(conv.input(2));
    if (w == null
        || w.type() != ElementType.FLOAT
        || w.rank() < 3
        || w.dim(0) == 0
        || !affine.fits(w.dim(0))
        || (b == null && !conv.input(2).isEmpty())
        || (b != null && (b.type() != ElementType.FLOAT || b.elements() != w.dim(0)))) {
      return null;
    }
    int filters = Math.toIntExact(w.dim(0));
    float[] bias = new float[filters];
    for (int k = 0; k < filters; k++) {
      bias[k] = (float) ((b == null ? 0 : b.getDouble(k)) * affine.scale(k) + affine.shift(k));
    }
    String name = conv.name() + "/fused" + made++;
    constants.put(
        name,
        OnnxTensor.computed(
            ElementType.FLOAT, target -> scale(w, affine, filters, target), w.dims()));
    List<String> inputs = List.of(conv.input(0), name, constant(conv.name(), bias, filters));
    return fused(conv, CONV, inputs, conv.attributes());
  }

  /**
   * Writes scaled weights. They are not kept beside the originals: a convolution wants them once,
   * to pack them.
   */
  private static void scale(OnnxTensor w, ChannelAffine affine, int filters, MemorySegment target) {
    w.copyTo(target);
    w.unload();
    float[] filter = new float[Math.toIntExact(w.elements() / filters)];
    for (int k = 0; k < filters; k++) {
      long at = (long) k * filter.length * Float.BYTES;
      MemorySegment.copy(target, JAVA_FLOAT_UNALIGNED, at, filter, 0, filter.length);
      scale(filter, affine.scale(k));
      MemorySegment.copy(filter, 0, target, JAVA_FLOAT_UNALIGNED, at, filter.length);
    }
  }

  private static void scale(float[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * factor);
    }
  }

  private boolean absorbedActivation(Node node) {
    Activation activation = Activations.of(node, graph);
    int index = soleMaker(node.input(0));
    Node before = at(index);
    if (activation == null || before == null || isFinished(before)) {
      return false;
    }
    boolean sum = before.is("Add") && activation.kind() == Activation.Kind.RELU;
    if (!isConv(before) && !isAffine(before) && !before.is("Gemm") && !sum) {
      return false;
    }
    finish(index, before, activation, node.outputs().getFirst());
    return true;
  }

  private static Node renamed(Node node, String op) {
    return new Node(
        op, "", node.opset(), node.name(), node.inputs(), node.outputs(), node.attributes());
  }

  private void finish(int index, Node before, Activation activation, String output) {
    Attributes attributes = Activations.with(before.attributes(), activation);
    replace(index, fused(before, before.op(), before.inputs(), attributes), output);
  }

  /** {@code x·sigmoid(x)}, as exporters spell silu: both readers of x become its end. */
  private boolean absorbedGate(Node node) {
    if (!node.is("Mul") || node.inputs().size() != 2) {
      return false;
    }
    for (int i = 0; i < 2; i++) {
      int gateIndex = soleMaker(node.input(i));
      Node gate = at(gateIndex);
      String x = node.input(1 - i);
      int index = maker.getOrDefault(x, -1);
      Node conv = at(index);
      if (gate != null
          && gate.is("Sigmoid")
          && gate.input(0).equals(x)
          && uses.getOrDefault(x, 0) == 2
          && conv != null
          && isConv(conv)
          && !isFinished(conv)) {
        out.set(gateIndex, null);
        finish(index, conv, Activation.SILU, node.outputs().getFirst());
        return true;
      }
    }
    return false;
  }

  /** The convolution moves to the place of the sum, where the other summand is known. */
  private boolean absorbedSum(Node node, int summand) {
    String other = node.input(1 - summand);
    int index = soleMaker(node.input(summand));
    Node conv = at(index);
    if (conv == null
        || !isConv(conv)
        || isFinished(conv)
        || !conv.input(3).isEmpty()
        || constants.containsKey(other)) {
      return false;
    }
    List<String> inputs = List.of(conv.input(0), conv.input(1), conv.input(2), other);
    out.set(index, null);
    emit(fused(conv, CONV, inputs, conv.attributes()).withOutputs(node.outputs()));
    return true;
  }
}
