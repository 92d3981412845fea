package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.onnx.graph.Graph;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.layout.LayoutAssignment;
import dev.conv4j.onnx.op.ChannelsLast;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Convolutions write into the concatenation that joins their results, where they may. */
class SlicedConcatTest {

  private static Engine cpu;

  @BeforeAll
  static void open() {
    cpu = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
  }

  @AfterAll
  static void close() {
    cpu.close();
  }

  /** A network over four channels, with filters of one and of three by three. */
  private static TinyModel network() {
    return new TinyModel(13)
        .input("x", List.of("batch", "4", "6", "5"))
        .constant("w1", new long[] {5, 4, 1, 1}, randoms(20, 1))
        .constant("b1", new long[] {5}, randoms(5, 2))
        .constant("w3", new long[] {7, 4, 3, 3}, randoms(252, 3));
  }

  private static TinyModel branches() {
    return network()
        .node("Conv", "x w1 b1", "a")
        .node("Relu", "a", "ar")
        .node("Conv", "x w3", "c", "pads=1,1,1,1");
  }

  private static float[] randoms(int count, int seed) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return values;
  }

  private static OnnxTensor image(int batch, int seed) {
    return OnnxTensor.of(new long[] {batch, 4, 6, 5}, randoms(batch * 120, seed));
  }

  /** All that can be has its channels last. */
  private static OnnxSession last(OnnxModel model) {
    SessionOptions options = SessionOptions.DEFAULT;
    return new OnnxSession(
        model,
        cpu,
        options,
        graph ->
            LayoutAssignment.assign(
                graph,
                Shapes.of(graph, cpu, options),
                (node, inputs) ->
                    node.attributes().has(ChannelsLast.ATTRIBUTE) || node.is("Transpose") ? 0 : 1));
  }

  /**
   * Runs a network in both orders with batches that change, against one whose nodes run one by one.
   *
   * @param first how many values its plans make as channels of others when nothing is merged
   * @param last how many when all that can be has its channels last
   */
  private static void assertRuns(TinyModel tiny, String first, String last) {
    OnnxModel model = OnnxModel.of(tiny.output("y").write());
    try (OnnxSession written = model.session(cpu, SessionOptions.DEFAULT.withFuse(false));
        OnnxSession planes = model.session(cpu, SessionOptions.DEFAULT.withFuse(false));
        OnnxSession pixels = last(model)) {
      for (int batch : new int[] {2, 1, 2, 3, 2, 1}) {
        OnnxTensor x = image(batch, batch);
        float[] want = new float[0];
        for (int n = 0; n < batch; n++) {
          float[] row = Arrays.copyOfRange(x.toFloatArray(), n * 120, n * 120 + 120);
          OnnxTensor one = OnnxTensor.of(new long[] {1, 4, 6, 5}, row);
          float[] y = written.run(Map.of("x", one)).get("y").toFloatArray();
          int at = want.length;
          want = Arrays.copyOf(want, at + y.length);
          System.arraycopy(y, 0, want, at, y.length);
        }
        for (int run = 0; run < 2; run++) {
          assertArrayEquals(want, planes.run(Map.of("x", x)).get("y").toFloatArray(), 1e-5f);
          assertArrayEquals(want, pixels.run(Map.of("x", x)).get("y").toFloatArray(), 1e-5f);
        }
      }
      assertPlan(planes.explain(), "float[2, ", first);
      assertPlan(pixels.explain(), "float[1, ", last);
      assertPlan(pixels.explain(), "float[2, ", last);
    }
  }

  private static void assertPlan(String explained, String signature, String slices) {
    String line =
        explained.lines().filter(each -> each.startsWith(signature)).findFirst().orElseThrow();
    assertTrue(line.endsWith(", " + slices + " as channels of others"), explained);
  }

  @Test
  void convolutionsWriteIntoTheirConcatenation() {
    assertRuns(branches().node("Concat", "ar c", "y0").node("Relu", "y0", "y"), "1", "2");
  }

  @Test
  void otherInputsAreCopied() {
    TinyModel tiny =
        branches()
            .node("MaxPool", "x", "p", "kernel_shape=3,3", "pads=1,1,1,1")
            .node("Concat", "p ar c", "y0")
            .node("Sigmoid", "y0", "y");
    assertRuns(tiny, "1", "2");
  }

  @Test
  void whatSomebodyElseReadsIsCopied() {
    TinyModel twice =
        branches().node("Concat", "c c a", "y0").node("Relu", "y0", "y1").node("Neg", "y1", "y");
    assertRuns(twice, "0", "1");
    TinyModel two =
        branches()
            .node("Concat", "ar c", "y0")
            .node("Concat", "c y0", "y1")
            .node("Relu", "y1", "y");
    assertRuns(two, "0", "1");
  }

  @Test
  void anOutputAmongTheInputsIsCopied() {
    assertRuns(
        branches().node("Concat", "ar c", "y0").node("Relu", "y0", "y").output("c"), "0", "1");
  }

  @Test
  void concatenationsOfConcatenationsAreCopied() {
    TinyModel nested =
        branches()
            .node("Concat", "ar c", "j")
            .node("Conv", "x w3", "d", "pads=1,1,1,1")
            .node("Concat", "d j", "k")
            .node("Relu", "k", "y");
    assertRuns(nested, "2", "3");
  }

  @Test
  void aSumInAConvolutionIsMadeByItself() {
    TinyModel sums =
        branches()
            .node("Conv", "x w3", "d", "pads=1,1,1,1")
            .node("Add", "c d", "s")
            .node("Concat", "s ar", "y0")
            .node("Concat", "y0 c", "y1")
            .node("Relu", "y1", "y");
    assertRuns(sums, "0", "1");
  }

  /** The extent of one input follows from an element, so the plan of a first run may not fit. */
  @ParameterizedTest
  @ValueSource(strings = {"p ar c", "ar p c", "c ar p"})
  void extentsThatDifferFromRunToRun(String order) {
    TinyModel tiny =
        branches()
            .input("k", List.of("1"))
            .constant("zero", new long[] {1}, 0)
            .constant("one", new long[] {1}, 1)
            .node("Cast", "k", "end", "to=7")
            .node("Cast", "zero", "begin", "to=7")
            .node("Cast", "one", "axis", "to=7")
            .node("Slice", "x begin end axis", "p")
            .node("Concat", order, "y0")
            .node("Relu", "y0", "y")
            .output("y");
    OnnxModel model = OnnxModel.of(tiny.write());
    OnnxTensor x = image(2, 4);
    try (OnnxSession session = model.session(cpu, SessionOptions.DEFAULT.withFuse(false));
        OnnxSession pixels = last(model)) {
      for (int k : new int[] {2, 2, 1, 4, 2, 3, 1}) {
        Map<String, OnnxTensor> inputs = Map.of("x", x, "k", OnnxTensor.of(new long[] {1}, k));
        try (OnnxSession fresh = model.session(cpu, SessionOptions.DEFAULT.withFuse(false))) {
          float[] want = fresh.run(inputs).get("y").toFloatArray();
          assertArrayEquals(want, session.run(inputs).get("y").toFloatArray(), order + k);
          assertArrayEquals(want, pixels.run(inputs).get("y").toFloatArray(), 1e-5f, order + k);
        }
      }
      assertPlan(session.explain(), "float[2, ", "1");
    }
  }

  /** With channels last it costs ten for each input that is copied, else one. */
  private static double concat(Node node, List<OnnxTensor> inputs) {
    boolean last = node.attributes().has(ChannelsLast.ATTRIBUTE);
    return last ? 10.0 * inputs.stream().filter(Objects::nonNull).count() : 1;
  }

  private static boolean isTurned(TinyModel tiny, double convolution) {
    SessionOptions options = SessionOptions.DEFAULT;
    Graph graph = OnnxModel.of(tiny.output("y").write()).graph();
    Graph assigned =
        LayoutAssignment.assign(
            graph,
            Shapes.of(graph, cpu, options),
            (node, inputs) ->
                switch (node.op()) {
                  case "Concat" -> concat(node, inputs);
                  case "Conv" -> node.attributes().has(ChannelsLast.ATTRIBUTE) ? convolution : 1;
                  default -> 0.1;
                });
    return assigned.nodes().stream()
        .anyMatch(node -> node.is("Concat") && node.attributes().has(ChannelsLast.ATTRIBUTE));
  }

  @Test
  void whatIsMadeInPlaceCostsNothing() {
    TinyModel alone = network().node("Conv", "x w1", "a").node("Conv", "x w1 b1", "c");
    assertTrue(isTurned(alone.node("Concat", "a c", "y"), 0));
    TinyModel read = network().node("Conv", "x w1", "a").node("Conv", "x w1 b1", "c");
    assertFalse(isTurned(read.node("Concat", "a c", "y").node("Relu", "c", "z").output("z"), 0));
  }

  @Test
  void whatIsMadeInTheOtherOrderIsCopied() {
    TinyModel tiny = network().node("Conv", "x w1", "a").node("Conv", "x w1 b1", "c");
    assertFalse(isTurned(tiny.node("Concat", "a c", "y0").node("Softplus", "y0", "y"), 50));
  }
}
