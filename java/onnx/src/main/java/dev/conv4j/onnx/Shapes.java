package dev.conv4j.onnx;

import dev.conv4j.Conv4jException;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
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
    values.putIfAbsent(info.name(), described(type, dims));
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
    Look look = new Look(inputs, engine, options);
    try (Kernel kernel = Operators.kernel(node)) {
      kernel.run(look);
    } catch (Seen seen) {
      // Nothing is computed.
    } catch (NotThere | Conv4jException unknown) {
      // The shape follows from elements, or dimensions were guessed wrong.
      return;
    } catch (IndexOutOfBoundsException | ArithmeticException | NegativeArraySizeException odd) {
      // What no dimensions or attributes can be right for; the run names the node.
      return;
    }
    OnnxTensor made = look.made;
    if (made != null) {
      values.put(node.outputs().getFirst(), made);
    }
  }

  /** Returns something with a type and dimensions, but without elements. */
  private static OnnxTensor described(ElementType type, long... dims) {
    return OnnxTensor.computed(
        type,
        target -> {
          throw new NotThere();
        },
        dims);
  }

  /** Thrown where a kernel wants elements that only a run has. */
  private static final class NotThere extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotThere() {
      super(null, null, false, false);
    }
  }

  /** Thrown where a kernel would begin to compute. */
  private static final class Seen extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Seen() {
      super(null, null, false, false);
    }
  }

  /** A run that ends when the first output is asked for. */
  private static final class Look implements Frame {
    private final List<@Nullable OnnxTensor> inputs;
    private final Engine engine;
    private final SessionOptions options;
    private @Nullable OnnxTensor made;

    Look(List<@Nullable OnnxTensor> inputs, Engine engine, SessionOptions options) {
      this.inputs = inputs;
      this.engine = engine;
      this.options = options;
    }

    @Override
    public int inputs() {
      return inputs.size();
    }

    @Override
    public @Nullable OnnxTensor optional(int index) {
      return index < inputs.size() ? inputs.get(index) : null;
    }

    @Override
    public boolean isConstant(int index) {
      return false;
    }

    @Override
    public int outputs() {
      return 1;
    }

    @Override
    public boolean wants(int index) {
      return index == 0;
    }

    @Override
    public OnnxTensor out(int index, ElementType type, long... dims) {
      if (index == 0) {
        made = described(type, dims);
      }
      throw new Seen();
    }

    @Override
    public OnnxTensor result(int index, ElementType type, long... dims) {
      return out(index, type, dims);
    }

    @Override
    public void alias(int index, OnnxTensor elements) {
      out(index, elements.type(), elements.dims());
    }

    @Override
    public Engine engine() {
      return engine;
    }

    @Override
    public boolean offloads() {
      return false;
    }

    @Override
    public boolean hostIsDevice() {
      return true;
    }

    @Override
    public Tensor upload(OnnxTensor value) {
      throw new Seen();
    }

    @Override
    public void parallel(long items, LongConsumer item) {
      throw new Seen();
    }

    @Override
    public SessionOptions options() {
      return options;
    }
  }
}
