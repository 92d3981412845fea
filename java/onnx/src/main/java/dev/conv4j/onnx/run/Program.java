package dev.conv4j.onnx.run;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.ValueInfo;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Operators;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A network with its values numbered and its kernels made. Shared by threads; owns the kernels.
 *
 * @param steps in running order
 * @param constants by value number, null for values that are none
 * @param inputs value number of each input
 * @param outputs value number of each output
 * @param names name of each value
 * @param lastUse the last step that reads each value; the number of steps for outputs, -1 for
 *     values nobody reads
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Program(
    List<Step> steps,
    @Nullable OnnxTensor[] constants,
    int[] inputs,
    int[] outputs,
    String[] names,
    int[] lastUse)
    implements AutoCloseable {

  /** A value left out. */
  public static final int NONE = -1;

  /**
   * A node with its place in the program.
   *
   * @param node what it is
   * @param kernel what it does
   * @param inputs value numbers, {@link #NONE} for what is left out
   * @param outputs value numbers
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Step(Node node, Kernel kernel, int[] inputs, int[] outputs) {}

  /** Makes a network's kernels. */
  public static Program of(Graph graph) {
    Map<String, Integer> numbers = new HashMap<>();
    graph.inputs().forEach(input -> number(numbers, input.name()));
    graph.constants().keySet().forEach(name -> number(numbers, name));
    Set<String> results = new HashSet<>();
    graph.outputs().forEach(output -> results.add(output.name()));
    Map<String, Integer> uses = graph.uses();
    List<Step> steps = new ArrayList<>();
    for (Node node : graph.nodes()) {
      int[] inputs = node.inputs().stream().mapToInt(name -> number(numbers, name)).toArray();
      int[] outputs =
          node.outputs().stream()
              .mapToInt(name -> uses.containsKey(name) ? number(numbers, name) : NONE)
              .toArray();
      steps.add(new Step(node, Operators.kernel(node), inputs, outputs));
    }
    int[] outputs = ids(graph.outputs(), numbers);
    int[] lastUse = new int[numbers.size()];
    Arrays.fill(lastUse, -1);
    for (int s = 0; s < steps.size(); s++) {
      for (int id : steps.get(s).inputs()) {
        if (id != NONE) {
          lastUse[id] = s;
        }
      }
    }
    for (int id : outputs) {
      lastUse[id] = steps.size();
    }
    @Nullable OnnxTensor[] constants = new @Nullable OnnxTensor[lastUse.length];
    graph.constants().forEach((name, tensor) -> constants[number(numbers, name)] = tensor);
    String[] names = new String[lastUse.length];
    numbers.forEach((name, id) -> names[id] = name);
    return new Program(
        List.copyOf(steps), constants, ids(graph.inputs(), numbers), outputs, names, lastUse);
  }

  private static int[] ids(List<ValueInfo> values, Map<String, Integer> numbers) {
    return values.stream().mapToInt(value -> number(numbers, value.name())).toArray();
  }

  private static int number(Map<String, Integer> numbers, String name) {
    return name.isEmpty() ? NONE : numbers.computeIfAbsent(name, key -> numbers.size());
  }

  /** Gives back what the kernels keep. */
  @Override
  public void close() {
    steps.forEach(step -> step.kernel().close());
  }
}
