package dev.conv4j.onnx.graph;

import dev.conv4j.InvalidArgumentException;
import java.util.List;

/**
 * One application of an operator. Immutable.
 *
 * @param op the operator
 * @param domain its domain; empty for ONNX's own
 * @param opset the version of that domain's operators
 * @param name the node's name, or one made up
 * @param inputs names of values; empty for an optional one left out
 * @param outputs names of values; empty for one not wanted
 * @param attributes its parameters
 */
public record Node(
    String op,
    String domain,
    long opset,
    String name,
    List<String> inputs,
    List<String> outputs,
    Attributes attributes) {

  /** The domain of operators that only this library's own graph work makes. */
  public static final String FUSED = "dev.conv4j";

  /** Copies the lists. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Returns whether this is one of ONNX's own operators. */
  public boolean is(String operator) {
    return domain.isEmpty() && op.equals(operator);
  }

  /** Returns the input's name, empty when it is left out. */
  public String input(int index) {
    return index < inputs.size() ? inputs.get(index) : "";
  }

  /** Returns the same node with other inputs. */
  public Node withInputs(List<String> others) {
    return new Node(op, domain, opset, name, others, outputs, attributes);
  }

  /** Returns the same node with other outputs. */
  public Node withOutputs(List<String> others) {
    return new Node(op, domain, opset, name, inputs, others, attributes);
  }

  /** Returns the same node with other attributes. */
  public Node withAttributes(Attributes others) {
    return new Node(op, domain, opset, name, inputs, outputs, others);
  }

  /** Returns the error, told as one of this node. */
  public InvalidArgumentException blamed(InvalidArgumentException error) {
    InvalidArgumentException told =
        new InvalidArgumentException(
            error.argument() + " of " + this, error.value(), error.expectation());
    told.initCause(error);
    return told;
  }

  /** Returns the error for operands that a kernel of this node could not make sense of. */
  public InvalidArgumentException unusable(RuntimeException cause) {
    InvalidArgumentException told =
        new InvalidArgumentException(
            toString(), "given operands it cannot use (" + cause + ")", "ones that fit");
    told.initCause(cause);
    return told;
  }

  @Override
  public String toString() {
    return op + " node '" + name + "'";
  }
}
