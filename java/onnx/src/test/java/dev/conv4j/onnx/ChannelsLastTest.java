package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.layout.LayoutAssignment;
import dev.conv4j.onnx.op.ChannelsLast;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Networks give the same results in whatever order their images lie. */
class ChannelsLastTest {

  private static Engine cpu;

  @BeforeAll
  static void open() {
    cpu = Engine.open("cpu");
  }

  @AfterAll
  static void close() {
    cpu.close();
  }

  private static OnnxSession session(OnnxModel model, LayoutAssignment.Prices prices) {
    SessionOptions options = SessionOptions.DEFAULT;
    return new OnnxSession(
        model,
        cpu,
        options,
        graph -> LayoutAssignment.assign(graph, Shapes.of(graph, cpu, options), prices));
  }

  /** As many nodes with channels last as can be. */
  private static double last(Node node) {
    return node.attributes().has(ChannelsLast.ATTRIBUTE) || node.is("Transpose") ? 0 : 1;
  }

  private static void assertAgree(OnnxSession session, OnnxSession written, OnnxTensor input) {
    OnnxResult expected = written.run(Map.of("x", input));
    for (int run = 0; run < 2; run++) {
      OnnxResult actual = session.run(Map.of("x", input));
      for (int i = 0; i < expected.size(); i++) {
        float[] values = expected.get(i).toFloatArray();
        double greatest = 1;
        for (float value : values) {
          greatest = Math.max(greatest, Math.abs(value));
        }
        assertArrayEquals(expected.get(i).dims(), actual.get(i).dims(), session::explain);
        assertArrayEquals(
            values, actual.get(i).toFloatArray(), (float) (1e-5 * greatest), session::explain);
      }
    }
  }

  @Test
  void randomNetworksAgreeInEveryOrder() {
    int turned = 0;
    for (int seed = 0; seed < 40; seed++) {
      RandomNetwork network = new RandomNetwork(seed);
      OnnxModel model = network.model();
      SplittableRandom random = new SplittableRandom(seed);
      try (OnnxSession written = model.session(cpu, SessionOptions.DEFAULT.withFuse(false));
          OnnxSession last = session(model, (node, inputs) -> last(node));
          OnnxSession mixed = session(model, (node, inputs) -> random.nextDouble());
          OnnxSession chosen = model.session(cpu)) {
        turned += last.explain().contains("channels last") ? 1 : 0;
        for (int more = 0; more < 3; more += 2) {
          OnnxTensor input = network.input(more);
          assertAgree(last, written, input);
          assertAgree(mixed, written, input);
          assertAgree(chosen, written, input);
        }
      }
    }
    assertTrue(turned > 36, turned + " networks had nodes with channels last");
  }

  @Test
  void everyOperatorOfAChainWorksOnChannelsLast() {
    TinyModel tiny =
        new TinyModel(13)
            .input("x", List.of("1", "8", "9", "7"))
            .constant("w", new long[] {8, 8, 1, 1}, new float[64])
            .constant("shift", new long[] {8, 1, 1}, new float[8])
            .node("Conv", "x w", "a")
            .node("MaxPool", "a", "b", "kernel_shape=2,2")
            .node("Sigmoid", "b", "c")
            .node("Add", "c shift", "d")
            .node("Mul", "d b", "e")
            .node("Concat", "e d", "f", "axis=-3")
            .node("AveragePool", "f", "g", "kernel_shape=2,2")
            .node("GlobalAveragePool", "g", "y")
            .output("y");
    OnnxModel model = OnnxModel.of(tiny.write());
    try (OnnxSession session = session(model, (node, inputs) -> last(node))) {
      String told = session.explain();
      assertEquals(8, told.lines().filter(line -> line.endsWith("channels last")).count(), told);
      assertEquals(2, told.lines().filter(line -> line.contains("Transpose")).count(), told);
    }
  }

  @Test
  void nothingIsTurnedWhereNothingIsGained() {
    Graph graph = new RandomNetwork(1).model().graph();
    Map<String, OnnxTensor> values = Shapes.of(graph, cpu, SessionOptions.DEFAULT);
    Graph same =
        LayoutAssignment.assign(
            graph, values, (node, inputs) -> node.is("Transpose") ? 10 : 1 - last(node));
    assertEquals(graph.nodes(), same.nodes());
  }

  @Test
  void valueIsTurnedOnceForAllItsReaders() {
    TinyModel tiny =
        new TinyModel(13)
            .input("x", List.of("1", "4", "5", "5"))
            .constant("w", new long[] {4, 4, 1, 1}, new float[16])
            .node("Conv", "x w", "a")
            .node("Conv", "x w", "b")
            .node("Erf", "a", "c")
            .node("Erf", "a", "d")
            .node("Sum", "b c d", "y")
            .output("y");
    OnnxModel model = OnnxModel.of(tiny.write());
    try (OnnxSession session =
        session(model, (node, inputs) -> node.op().equals("Conv") ? last(node) : 1e-3)) {
      String told = session.explain();
      assertEquals(3, told.lines().filter(line -> line.contains("Transpose")).count(), told);
    }
  }
}
