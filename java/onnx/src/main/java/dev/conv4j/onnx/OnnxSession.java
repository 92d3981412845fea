package dev.conv4j.onnx;

import dev.conv4j.ClosedException;
import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Tensor;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Optimizer;
import dev.conv4j.onnx.layout.LayoutAssignment;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.run.Program;
import dev.conv4j.onnx.run.Runner;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A network ready to run on an engine: simplified, its weights packed once. Any number of threads
 * may run it at the same time. Input shapes may differ from run to run; what a set of shapes needs
 * is found out in the first run with it and kept.
 */
public final class OnnxSession implements AutoCloseable {

  /** Bytes of constants from which a network is large enough to wait for compiled loops. */
  private static final long LARGE = 16 << 20;

  private final OnnxModel model;
  private final Engine engine;
  private final Graph graph;
  private final Runner runner;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Prepares the engine while the network is prepared; null once that has ended. */
  private volatile @Nullable Thread warmUp;

  OnnxSession(OnnxModel model, Engine engine, SessionOptions options) {
    this(model, engine, options, merged -> laidOut(merged, engine, options));
  }

  /**
   * @param layout what decides in which order images lie, once nodes are merged
   */
  OnnxSession(OnnxModel model, Engine engine, SessionOptions options, UnaryOperator<Graph> layout) {
    this.model = model;
    this.engine = engine;
    this.warmUp = engine.needsWarmUp() && isLarge(model.graph()) ? warmUp(engine) : null;
    this.graph = options.fuse() ? layout.apply(Optimizer.optimize(model.graph())) : model.graph();
    this.runner = new Runner(Program.of(graph), engine, options);
  }

  /** Elsewhere than on a CPU images keep the order in which they come. */
  private static Graph laidOut(Graph merged, Engine engine, SessionOptions options) {
    return engine.device().backend().equals("cpu")
        ? LayoutAssignment.assign(
            merged,
            Shapes.of(merged, engine, options),
            (node, inputs) -> Shapes.seconds(node, inputs, engine, options))
        : merged;
  }

  private static boolean isLarge(Graph graph) {
    return graph.constants().values().stream().mapToLong(OnnxTensor::bytes).sum() >= LARGE;
  }

  private static Thread warmUp(Engine engine) {
    return Thread.ofPlatform()
        .daemon(true)
        .name("conv4j-warm-up")
        .start(() -> {
          try {
            engine.warmUp();
          } catch (ClosedException gone) {
            // Nobody waits for it any more.
          }
        });
  }

  /** Running beside it would be slow, and keep the compiler from what matters. */
  private void awaitWarmUp() {
    Thread running = warmUp;
    if (running != null) {
      try {
        running.join();
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
      }
      warmUp = null;
    }
  }

  /** Returns the model. */
  public OnnxModel model() {
    return model;
  }

  /**
   * Runs the network.
   *
   * @param inputs a tensor for each of the model's inputs, by name; not kept
   * @return the outputs, the caller's
   * @throws InvalidArgumentException naming the input, or the node, that does not fit
   * @throws ClosedException if the session or its engine is closed
   */
  public OnnxResult run(Map<String, OnnxTensor> inputs) {
    if (closed.get()) {
      throw new ClosedException("session of " + model);
    }
    OnnxTensor[] ordered = new OnnxTensor[graph.inputs().size()];
    for (int i = 0; i < ordered.length; i++) {
      ordered[i] = input(graph.inputs().get(i), inputs);
    }
    if (inputs.size() > ordered.length) {
      TreeSet<String> extra = new TreeSet<>(inputs.keySet());
      graph.inputs().forEach(input -> extra.remove(input.name()));
      throw new InvalidArgumentException("inputs", "also " + extra, names());
    }
    awaitWarmUp();
    Runner.Outcome outcome = runner.run(ordered);
    Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    for (int i = 0; i < outcome.outputs().length; i++) {
      outputs.put(graph.outputs().get(i).name(), outcome.outputs()[i]);
    }
    List<OnnxResult.NodeTime> times = new ArrayList<>(outcome.nanos().length);
    for (int i = 0; i < outcome.nanos().length; i++) {
      var node = runner.program().steps().get(i).node();
      times.add(new OnnxResult.NodeTime(node.name(), node.op(), outcome.nanos()[i]));
    }
    return new OnnxResult(outputs, times);
  }

  /**
   * Runs a network of one input on an engine's tensors.
   *
   * @param input the input; not kept
   * @return the first output, on the session's engine, closed by the caller
   */
  public Tensor run(Tensor input) {
    if (graph.inputs().size() != 1) {
      throw new InvalidArgumentException("inputs", "one tensor", names());
    }
    OnnxTensor given = OnnxTensor.of(input);
    return run(Map.of(graph.inputs().getFirst().name(), given)).get(0).toTensor(engine);
  }

  private String names() {
    return "exactly " + graph.inputs().stream().map(ValueInfo::name).toList();
  }

  private OnnxTensor input(ValueInfo wanted, Map<String, OnnxTensor> inputs) {
    @Nullable OnnxTensor given = inputs.get(wanted.name());
    if (given == null) {
      throw new InvalidArgumentException("input '" + wanted.name() + "'", "missing", names());
    }
    List<String> dims = wanted.dims();
    boolean fits = wanted.type() == null || wanted.type() == given.type();
    if (dims != null && fits) {
      fits = dims.size() == given.rank();
      for (int i = 0; fits && i < given.rank(); i++) {
        String dim = dims.get(i);
        boolean fixed = dim.matches("[1-9][0-9]{0,17}");
        fits = !fixed || Long.parseLong(dim) == given.dim(i);
      }
    }
    if (!fits) {
      throw new InvalidArgumentException("input '" + wanted.name() + "'", given, wanted.toString());
    }
    return given;
  }

  /** Returns what became of the network: nodes, kernels, and the memory of what ran so far. */
  public String explain() {
    StringBuilder text = new StringBuilder();
    text.append(model).append("; ").append(graph.nodes().size()).append(" nodes after merging\n");
    graph
        .nodes()
        .forEach(node ->
            text.append("  ")
                .append(node.op())
                .append(' ')
                .append(node.name())
                .append(' ')
                .append(node.inputs())
                .append(" -> ")
                .append(node.outputs())
                .append(node.attributes().has(ChannelsLast.ATTRIBUTE) ? " channels last\n" : "\n"));
    return text.append(runner.explainMemory()).toString();
  }

  /** Gives back the packed weights. A second call does nothing. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      runner.close();
    }
  }
}
