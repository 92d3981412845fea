package dev.conv4j.onnx.op;

import dev.conv4j.Conv4jException;
import dev.conv4j.Engine;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import dev.conv4j.onnx.graph.Node;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a kernel's inputs look like, types and dimensions without elements: for asking it what it
 * would make, and how long that would take, without a run.
 */
public final class Look implements Frame {

  private final List<@Nullable OnnxTensor> inputs;
  private final Engine engine;
  private final SessionOptions options;
  private @Nullable OnnxTensor made;

  /** Takes what the inputs look like, null for what is left out. */
  public Look(List<@Nullable OnnxTensor> inputs, Engine engine, SessionOptions options) {
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

  /** Returns something with a type and dimensions, but without elements. */
  public static OnnxTensor described(ElementType type, long... dims) {
    return OnnxTensor.computed(
        type,
        target -> {
          throw new NotThere();
        },
        dims);
  }

  /**
   * Lets a node's kernel run until it asks for its first output.
   *
   * @return what that would look like, or null where that cannot be told
   */
  public @Nullable OnnxTensor output(Node node) {
    try (Kernel kernel = Operators.kernel(node)) {
      kernel.run(this);
    } catch (Seen seen) {
      // Nothing is computed.
    } catch (NotThere | Conv4jException unknown) {
      // The shape follows from elements, or dimensions were guessed wrong.
      return null;
    } catch (IndexOutOfBoundsException | ArithmeticException | NegativeArraySizeException odd) {
      // What no dimensions or attributes can be right for; the run names the node.
      return null;
    }
    return made;
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
}
