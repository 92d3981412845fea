package dev.conv4j.onnx.proto;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import java.util.List;
import java.util.Map;

/** The messages of a model, reduced to what running a network needs. */
public final class Messages {

  private Messages() {}

  /**
   * A model.
   *
   * @param irVersion the format's version
   * @param producer who wrote it
   * @param opsets operator-set version by domain; the ONNX domain is the empty string
   * @param graph the network
   */
  public record ModelProto(
      long irVersion, String producer, Map<String, Long> opsets, GraphProto graph) {}

  /**
   * A graph.
   *
   * @param name its name
   * @param nodes in the file's order
   * @param initializers constants by name
   * @param inputs as listed; old models list initializers too
   * @param outputs as listed
   */
  public record GraphProto(
      String name,
      List<NodeProto> nodes,
      Map<String, OnnxTensor> initializers,
      List<ValueInfo> inputs,
      List<ValueInfo> outputs) {}

  /**
   * An application of an operator.
   *
   * @param op the operator
   * @param domain its domain; empty for ONNX's own
   * @param name the node's name, perhaps empty
   * @param inputs names of values; empty for an optional one left out
   * @param outputs names of values; empty for one not wanted
   * @param attributes by name
   */
  public record NodeProto(
      String op,
      String domain,
      String name,
      List<String> inputs,
      List<String> outputs,
      Map<String, Object> attributes) {}

  /**
   * A named tensor.
   *
   * @param name its name
   * @param tensor its elements
   */
  public record TensorProto(String name, OnnxTensor tensor) {}
}
