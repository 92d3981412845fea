package dev.conv4j.onnx;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Look;
import dev.conv4j.onnx.op.Operators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Type and dimensions that values will probably have, found by letting each kernel run until it
 * asks for its output. Inputs of open dimensions are taken for one picture of the usual size. Where
 * a shape follows from elements that only a run has, it stays unknown.
 */
final class Shapes {

  private static final long USUAL_EXTENT = 224;
  private static final long USUAL_CHANNELS = 3;

  private final Engine engine;
  private final SessionOptions options;
  private final Map<String, OnnxTensor> values;

  private Shapes(Graph graph, Engine engine, SessionOptions options) {
    this.engine = engine;
    this.options = options;
    this.values = new HashMap<>(graph.constants());
    graph.inputs().forEach(this::input);
    graph.nodes().forEach(this::infer);
  }

  /** Returns the constants, and other values as far as they are known, without elements. */
  static Map<String, OnnxTensor> of(Graph graph, Engine engine, SessionOptions options) {
    return new Shapes(graph, engine, options).values;
  }

  /** Returns the predicted time of a node, as far as the order of its images matters. */
  static double seconds(
      Node node, List<@Nullable OnnxTensor> inputs, Engine engine, SessionOptions options) {
    try (Kernel kernel = Operators.kernel(node)) {
      return kernel.seconds(new Look(inputs, engine, options));
    } catch (InvalidArgumentException | dev.conv4j.UnsupportedProblemException cannot) {
      return Double.MAX_VALUE;
    }
  }

  private void input(ValueInfo info) {
    List<String> given = info.dims();
    if (given == null) {
      return;
    }
    long[] dims = new long[given.size()];
    for (int i = 0; i < dims.length; i++) {
      boolean fixed = given.get(i).matches("[1-9][0-9]{0,17}");
      long usual = i == 0 ? 1 : i == 1 ? USUAL_CHANNELS : USUAL_EXTENT;
      dims[i] = fixed ? Long.parseLong(given.get(i)) : usual;
    }
    ElementType type = info.type() == null ? ElementType.FLOAT : info.type();
    values.putIfAbsent(info.name(), Look.described(type, dims));
  }

  private void infer(Node node) {
    List<@Nullable OnnxTensor> inputs = new ArrayList<>();
    for (String name : node.inputs()) {
      OnnxTensor value = values.get(name);
      if (value == null && !name.isEmpty()) {
        return;
      }
      inputs.add(value);
    }
    OnnxTensor made = new Look(inputs, engine, options).output(node);
    if (made != null) {
      values.put(node.outputs().getFirst(), made);
    }
  }
}
