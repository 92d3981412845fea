package dev.conv4j.onnx.graph;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Computes nodes whose inputs are all constants. */
final class ConstantFolding {

  /**
   * Larger results stay nodes, unless they are made of as much: a few bytes of shape can ask for
   * any amount of memory.
   */
  private static final long MOST_BYTES = 64L << 20;

  /** How many times its operands a large result may be: 16-bit floats become doubles. */
  private static final long GROWTH = 4;

  private ConstantFolding() {}

  static Graph fold(Graph graph) {
    Map<String, OnnxTensor> constants = new HashMap<>(graph.constants());
    List<Node> left = new ArrayList<>();
    for (Node node : graph.nodes()) {
      boolean known =
          node.inputs().stream().allMatch(name -> name.isEmpty() || constants.containsKey(name));
      if (!known || !compute(node, constants)) {
        left.add(node);
      }
    }
    return graph.with(left, constants);
  }

  private static boolean compute(Node node, Map<String, OnnxTensor> constants) {
    Fold fold = new Fold(node, constants);
    try (Kernel kernel = Operators.kernel(node)) {
      kernel.run(fold);
    } catch (NotHere notHere) {
      return false;
    } catch (InvalidArgumentException wrong) {
      throw node.blamed(wrong);
    } catch (IndexOutOfBoundsException | ArithmeticException | NegativeArraySizeException odd) {
      throw node.unusable(odd);
    }
    for (int i = 0; i < node.outputs().size(); i++) {
      OnnxTensor made = fold.made[i];
      if (made != null) {
        constants.put(node.outputs().get(i), made);
      }
    }
    return true;
  }

  /** What a node asks for that only a run has. */
  private static final class NotHere extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotHere() {
      super(null, null, false, false);
    }
  }

  /** The one run of a folded node. */
  private static final class Fold implements Frame {
    final @Nullable OnnxTensor[] made;
    private final Node node;
    private final Map<String, OnnxTensor> constants;

    Fold(Node node, Map<String, OnnxTensor> constants) {
      this.node = node;
      this.constants = constants;
      this.made = new @Nullable OnnxTensor[node.outputs().size()];
    }

    @Override
    public int inputs() {
      return node.inputs().size();
    }

    @Override
    public @Nullable OnnxTensor optional(int index) {
      return constants.get(node.input(index));
    }

    @Override
    public boolean isConstant(int index) {
      return true;
    }

    @Override
    public int outputs() {
      return made.length;
    }

    @Override
    public boolean wants(int index) {
      return index < made.length && !node.outputs().get(index).isEmpty();
    }

    @Override
    public OnnxTensor out(int index, ElementType type, long... dims) {
      if (OnnxTensor.elements(dims) > mostBytes() / type.bytes()) {
        throw new NotHere();
      }
      OnnxTensor fresh = OnnxTensor.zeros(type, dims);
      alias(index, fresh);
      return fresh;
    }

    private long mostBytes() {
      long given = 0;
      for (int i = 0; i < inputs(); i++) {
        OnnxTensor input = optional(i);
        given += input == null ? 0 : input.bytes();
      }
      return Math.max(MOST_BYTES, GROWTH * given);
    }

    @Override
    public OnnxTensor result(int index, ElementType type, long... dims) {
      throw new NotHere();
    }

    @Override
    public void alias(int index, OnnxTensor elements) {
      if (wants(index)) {
        made[index] = elements;
      }
    }

    @Override
    public Engine engine() {
      throw new NotHere();
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
      throw new NotHere();
    }

    @Override
    public void parallel(long items, LongConsumer item) {
      for (long i = 0; i < items; i++) {
        item.accept(i);
      }
    }

    @Override
    public SessionOptions options() {
      throw new NotHere();
    }
  }
}
