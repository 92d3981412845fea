package dev.conv4j.onnx;

import dev.conv4j.InvalidArgumentException;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a run gave: its outputs by name, in the network's order. The tensors are the caller's; there
 * is nothing to close, and {@link #close()} is there for programs in the habit of it.
 */
public final class OnnxResult implements AutoCloseable, Iterable<Map.Entry<String, OnnxTensor>> {

  private final Map<String, OnnxTensor> outputs;
  private final List<NodeTime> times;

  /**
   * How long a node took in this run.
   *
   * @param node its name
   * @param op its operator
   * @param nanos wall time
   */
  public record NodeTime(String node, String op, long nanos) {}

  OnnxResult(Map<String, OnnxTensor> outputs, List<NodeTime> times) {
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    this.times = List.copyOf(times);
  }

  /**
   * Returns an output.
   *
   * @throws InvalidArgumentException if there is none of that name
   */
  public OnnxTensor get(String name) {
    @Nullable OnnxTensor output = outputs.get(name);
    if (output == null) {
      throw new InvalidArgumentException("output", "'" + name + "'", "one of " + outputs.keySet());
    }
    return output;
  }

  /** Returns an output by its place, from 0. */
  public OnnxTensor get(int index) {
    if (index < 0 || index >= outputs.size()) {
      throw new InvalidArgumentException("output", index, "0 to " + (outputs.size() - 1));
    }
    return List.copyOf(outputs.values()).get(index);
  }

  /** Returns all outputs by name, in the network's order. */
  public Map<String, OnnxTensor> asMap() {
    return outputs;
  }

  /** Returns how many there are. */
  public int size() {
    return outputs.size();
  }

  /** Returns the time each node took, in running order. */
  public List<NodeTime> times() {
    return times;
  }

  @Override
  public Iterator<Map.Entry<String, OnnxTensor>> iterator() {
    return outputs.entrySet().iterator();
  }

  /** Does nothing: the garbage collector takes the tensors. */
  @Override
  public void close() {}

  @Override
  public String toString() {
    return outputs.toString();
  }
}
