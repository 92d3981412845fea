package dev.conv4j.onnx.op;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.conv.ConvolutionOperators;
import dev.conv4j.onnx.op.elementwise.ElementwiseOperators;
import dev.conv4j.onnx.op.matrix.MatrixOperators;
import dev.conv4j.onnx.op.normalize.NormalizationOperators;
import dev.conv4j.onnx.op.pool.PoolingOperators;
import dev.conv4j.onnx.op.quantize.QuantizationOperators;
import dev.conv4j.onnx.op.reduce.ReductionOperators;
import dev.conv4j.onnx.op.resize.ResizeOperators;
import dev.conv4j.onnx.op.shape.ShapeOperators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The operators there are, by domain, name and the versions each form serves. */
public final class Operators {

  /** Makes a node ready; throws when the node's attributes ask for what there is not. */
  @FunctionalInterface
  public interface Factory {
    /** Returns the node's kernel. */
    Kernel create(Node node);
  }

  /**
   * One form of an operator.
   *
   * @param since the first opset with it
   * @param until the first opset without it
   */
  private record Form(long since, long until, Factory factory) {}

  private static final Operators ALL = new Operators();

  private final Map<String, List<Form>> forms = new HashMap<>();

  private Operators() {
    ConvolutionOperators.register(this);
    ElementwiseOperators.register(this);
    MatrixOperators.register(this);
    NormalizationOperators.register(this);
    PoolingOperators.register(this);
    QuantizationOperators.register(this);
    ReductionOperators.register(this);
    ResizeOperators.register(this);
    ShapeOperators.register(this);
  }

  /** Adds an operator of ONNX's own that has kept its form since an opset. */
  public void add(String op, long since, Factory factory) {
    add("", op, since, Long.MAX_VALUE, factory);
  }

  /** Adds one form of an operator of ONNX's own. */
  public void add(String op, long since, long until, Factory factory) {
    add("", op, since, until, factory);
  }

  /** Adds one form of an operator. */
  public void add(String domain, String op, long since, long until, Factory factory) {
    forms
        .computeIfAbsent(key(domain, op), key -> new ArrayList<>())
        .add(new Form(since, until, factory));
  }

  /**
   * Makes a node ready.
   *
   * @throws InvalidArgumentException naming operator, opset and node if there is no such operator,
   *     or it does not do what an attribute asks for
   */
  public static Kernel kernel(Node node) {
    for (Form form : ALL.forms.getOrDefault(key(node.domain(), node.op()), List.of())) {
      if (node.opset() >= form.since && node.opset() < form.until) {
        try {
          return form.factory.create(node);
        } catch (InvalidArgumentException wrong) {
          throw node.blamed(wrong);
        }
      }
    }
    throw new InvalidArgumentException(
        "operator " + key(node.domain(), node.op()) + " of node '" + node.name() + "'",
        "not supported at opset " + node.opset(),
        "one that convolutional networks use, at opset 7 or later");
  }

  /** Returns the names of ONNX's operators that there are, in order. */
  public static List<String> names() {
    TreeSet<String> names = new TreeSet<>(ALL.forms.keySet());
    names.removeIf(name -> name.contains(":"));
    return List.copyOf(names);
  }

  private static String key(String domain, String op) {
    return domain.isEmpty() ? op : domain + ":" + op;
  }
}
