package dev.conv4j.onnx;

import dev.conv4j.Engine;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.GraphReader;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Operators;
import dev.conv4j.onnx.proto.ExternalData;
import dev.conv4j.onnx.proto.Messages.ModelProto;
import dev.conv4j.onnx.proto.ModelParser;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A network read from an ONNX file and checked: every operator is one that can run. Immutable and
 * shared freely; its weights stay in the mapped file, which must not be changed while the model is
 * used.
 *
 * <pre>{@code
 * OnnxModel model = OnnxModel.load(Path.of("resnet50.onnx"));
 * try (Engine engine = Engine.open();
 *     OnnxSession session = model.session(engine)) {
 *   OnnxTensor image = OnnxTensor.of(new long[] {1, 3, 224, 224}, pixels);
 *   float[] scores = session.run(Map.of("input", image)).get(0).toFloatArray();
 * }
 * }</pre>
 */
public final class OnnxModel {

  private final String source;
  private final ModelProto proto;
  private final Graph graph;

  private OnnxModel(String source, ModelProto proto) {
    this.source = source;
    this.proto = proto;
    this.graph = GraphReader.read(source, proto);
    for (Node node : graph.nodes()) {
      Operators.kernel(node).close();
    }
  }

  /**
   * Reads a model. Tensors the model keeps in other files are looked for in its folder.
   *
   * @throws InvalidArgumentException if the file cannot be read, is no ONNX model, or has an
   *     operator that cannot run; the message names operator, opset and node
   */
  public static OnnxModel load(Path file) {
    String name = "model '" + file + "'";
    MemorySegment memory;
    try {
      if (!Files.isRegularFile(file)) {
        throw new InvalidArgumentException(name, "not a file", "an ONNX file");
      }
      memory = ExternalData.map(file);
    } catch (IOException unreadable) {
      throw new InvalidArgumentException(name, "unreadable (" + unreadable + ")", "an ONNX file");
    }
    Path folder = file.toAbsolutePath().getParent();
    ExternalData data = folder == null ? ExternalData.NONE : ExternalData.in(folder);
    return new OnnxModel(name, new ModelParser(name, data).model(memory));
  }

  /**
   * Reads a model from memory, which is copied.
   *
   * @throws InvalidArgumentException as {@link #load}
   */
  public static OnnxModel of(byte[] bytes) {
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(1, bytes.length), 64);
    MemorySegment.copy(bytes, 0, memory, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
    ModelParser parser = new ModelParser("model", ExternalData.NONE);
    return new OnnxModel("model", parser.model(memory.asSlice(0, bytes.length)));
  }

  /** Returns what every run takes. */
  public List<ValueInfo> inputs() {
    return graph.inputs();
  }

  /** Returns what every run gives. */
  public List<ValueInfo> outputs() {
    return graph.outputs();
  }

  /** Returns the version of ONNX's operators it was written for. */
  public long opset() {
    return proto.opsets().getOrDefault("", 0L);
  }

  /** Returns who wrote it. */
  public String producer() {
    return proto.producer();
  }

  /** Returns the number of nodes, as written. */
  public int nodes() {
    return graph.nodes().size();
  }

  Graph graph() {
    return graph;
  }

  /** Makes the network ready to run on an engine. Close the session before the engine. */
  public OnnxSession session(Engine engine) {
    return session(engine, SessionOptions.DEFAULT);
  }

  /** Makes the network ready to run on an engine. Close the session before the engine. */
  public OnnxSession session(Engine engine, SessionOptions options) {
    return new OnnxSession(this, engine, options);
  }

  @Override
  public String toString() {
    return source + ", opset " + opset() + ", " + nodes() + " nodes";
  }
}
