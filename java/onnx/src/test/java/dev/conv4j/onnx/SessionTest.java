package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ClosedException;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionTest {

  private static final SessionOptions OPTIONS =
      SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);

  private static Engine engine;

  @BeforeAll
  static void open() {
    engine = Engine.open("cpu");
  }

  @AfterAll
  static void close() {
    engine.close();
  }

  private static OnnxSession session(TinyModel model) {
    return OnnxModel.of(model.write()).session(engine, OPTIONS);
  }

  private static OnnxTensor image(long seed, long... dims) {
    float[] values = new float[(int) OnnxTensor.elements(dims)];
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(-4, 5);
    }
    return OnnxTensor.of(dims, values);
  }

  /** A block of a residual network on small integers, so that every order of sums is exact. */
  private static TinyModel residualBlock() {
    float[] weights = image(7, 2, 2, 3, 3).toFloatArray();
    return new TinyModel(13)
        .input("x")
        .output("y")
        .constant("w", new long[] {2, 2, 3, 3}, weights)
        .constant("gain", new long[] {2, 1, 1}, 2, -1)
        .constant("shift", new long[] {1, 2, 1, 1}, 3, 5)
        .node("Identity", "x", "same")
        .node("Conv", "same w", "c", "pads=1,1,1,1")
        .node("Mul", "gain c", "scaled")
        .node("Add", "scaled shift", "moved")
        .node("Add", "x moved", "sum")
        .node("Relu", "sum", "y");
  }

  @Test
  void aShuffleOfChannelsIsOneCopy() {
    TinyModel shuffle =
        new TinyModel(13)
            .input("x")
            .output("y")
            .longs("split", 0, 3, -1, 5, 7)
            .longs("joined", 0, -1, 5, 7)
            .node("Reshape", "x split", "groups")
            .node("Transpose", "groups", "turned", "perm=0,2,1,3,4")
            .node("Reshape", "turned joined", "y");
    OnnxModel model = OnnxModel.of(shuffle.write());
    OnnxTensor x = image(3, 2, 12, 5, 7);
    try (OnnxSession joined = model.session(engine, OPTIONS);
        OnnxSession plain = model.session(engine, OPTIONS.withFuse(false))) {
      OnnxResult one = joined.run(Map.of("x", x));
      OnnxResult three = plain.run(Map.of("x", x));
      assertEquals(1, one.times().size(), joined.explain());
      assertEquals(3, three.times().size());
      assertArrayEquals(new long[] {2, 12, 5, 7}, one.get("y").dims());
      assertArrayEquals(three.get("y").toFloatArray(), one.get("y").toFloatArray());
      // Channel 1 of the result is the first one of the second group.
      assertEquals(x.getDouble(4 * 35), one.get("y").getDouble(35));
    }
  }

  @Test
  void fusedBlockGivesTheSameBitsAsTheNodesAsWritten() {
    OnnxModel model = OnnxModel.of(residualBlock().write());
    OnnxTensor x = image(1, 3, 2, 5, 7);
    try (OnnxSession fused = model.session(engine, OPTIONS);
        OnnxSession plain = model.session(engine, OPTIONS.withFuse(false))) {
      OnnxResult merged = fused.run(Map.of("x", x));
      assertEquals(1, merged.times().size(), fused.explain());
      assertEquals(6, plain.run(Map.of("x", x)).times().size());
      assertArrayEquals(
          plain.run(Map.of("x", x)).get("y").toFloatArray(), merged.get("y").toFloatArray());
      assertArrayEquals(
          merged.get("y").toFloatArray(), fused.run(Map.of("x", x)).get("y").toFloatArray());
    }
  }

  @Test
  void sumOfOtherShapesBehindAConvolutionIsStretched() {
    TinyModel model =
        new TinyModel(13)
            .input("x")
            .input("row")
            .output("y")
            .constant("w", new long[] {1, 1, 1, 1}, 2)
            .node("Conv", "x w", "c")
            .node("Add", "c row", "sum")
            .node("Relu", "sum", "y");
    try (OnnxSession session = session(model)) {
      OnnxTensor x = OnnxTensor.of(new long[] {1, 1, 2, 2}, 1, -2, 3, -4);
      OnnxTensor row = OnnxTensor.of(new long[] {2}, 10, 1);
      OnnxTensor y = session.run(Map.of("x", x, "row", row)).get("y");
      assertArrayEquals(new float[] {12, 0, 16, 0}, y.toFloatArray());
    }
  }

  @Test
  void threadsWithRandomBatchesAgreeAndMemoryStaysFlat() throws Exception {
    OnnxModel model = OnnxModel.of(residualBlock().write());
    try (Engine own = Engine.open("cpu");
        OnnxSession session = model.session(own, OPTIONS);
        ExecutorService pool = Executors.newFixedThreadPool(4)) {
      float[][] expected = new float[9][];
      for (int n = 1; n < expected.length; n++) {
        expected[n] = session.run(Map.of("x", image(n, n, 2, 6, 6))).get(0).toFloatArray();
      }
      long before = own.memory().inUse();
      List<Future<?>> runs = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        SplittableRandom random = new SplittableRandom(t);
        Callable<?> task =
            () -> {
              for (int i = 0; i < 250; i++) {
                int n = random.nextInt(1, expected.length);
                OnnxResult result = session.run(Map.of("x", image(n, n, 2, 6, 6)));
                assertArrayEquals(expected[n], result.get("y").toFloatArray());
              }
              return null;
            };
        runs.add(pool.submit(task));
      }
      for (Future<?> run : runs) {
        run.get();
      }
      assertEquals(before, own.memory().inUse());
    }
  }

  @Test
  void anEnginesTensorGoesInAndComesOut() {
    try (OnnxSession session = session(residualBlock());
        Tensor x = engine.tensor(Shape.of(1, 2, 4, 4), image(3, 1, 2, 4, 4).toFloatArray());
        Tensor y = session.run(x)) {
      float[] expected = session.run(Map.of("x", image(3, 1, 2, 4, 4))).get(0).toFloatArray();
      assertArrayEquals(expected, y.toFloatArray());
    }
  }

  @Test
  void resultsOutliveTheSession() {
    OnnxTensor y;
    try (OnnxSession session = session(residualBlock())) {
      y = session.run(Map.of("x", image(4, 1, 2, 4, 4))).get("y");
      session.close();
      assertThrows(ClosedException.class, () -> session.run(Map.of("x", image(4, 1, 2, 4, 4))));
    }
    assertEquals(32, y.toFloatArray().length);
  }

  @Test
  void anInputHandedOnIsACopy() {
    TinyModel model = new TinyModel(13).input("x").output("y").node("Identity", "x", "y");
    try (OnnxSession session = session(model)) {
      OnnxTensor x = OnnxTensor.of(new long[] {2}, 1, 2);
      OnnxTensor y = session.run(Map.of("x", x)).get("y");
      assertFalse(x.memory().address() == y.memory().address());
      assertArrayEquals(new float[] {1, 2}, y.toFloatArray());
    }
  }

  @Test
  void anUnknownOperatorIsNamedAtLoad() {
    TinyModel model = new TinyModel(15).input("x").output("y").node("Einsum", "x", "y");
    InvalidArgumentException error =
        assertThrows(InvalidArgumentException.class, () -> OnnxModel.of(model.write()));
    assertTrue(
        error
            .getMessage()
            .startsWith("operator Einsum of node 'the Einsum' is not supported at opset 15"),
        error.getMessage());
  }

  @Test
  void wrongInputsAreNamed() {
    try (OnnxSession session = session(residualBlock())) {
      OnnxTensor x = image(1, 1, 2, 4, 4);
      assertMessage("input 'x' is missing", () -> session.run(Map.of()));
      assertMessage("also [z]", () -> session.run(Map.of("x", x, "z", x)));
      assertMessage("float", () -> session.run(Map.of("x", OnnxTensor.ofLongs(1, 2))));
      OnnxTensor odd = image(1, 1, 3, 4, 4);
      assertMessage("the Conv", () -> session.run(Map.of("x", odd)));
    }
  }

  private static void assertMessage(String part, Runnable action) {
    InvalidArgumentException error = assertThrows(InvalidArgumentException.class, action::run);
    assertTrue(error.getMessage().contains(part), error.getMessage());
  }

  @Test
  void cyclesAndMissingValuesAreErrors() {
    TinyModel cycle =
        new TinyModel(13).input("x").output("a").node("Add", "x b", "a").node("Relu", "a", "b");
    assertMessage("wait for one another", () -> OnnxModel.of(cycle.write()));
    TinyModel missing = new TinyModel(13).output("a").node("Relu", "nowhere", "a");
    assertMessage("nothing makes", () -> OnnxModel.of(missing.write()));
    TinyModel twice =
        new TinyModel(13).input("x").output("a").node("Relu", "x", "a").node("Exp", "x", "a");
    assertMessage("twice", () -> OnnxModel.of(twice.write()));
    TinyModel nameless =
        new TinyModel(13).input("").output("a").longs("c", 1).node("Relu", "c", "a");
    assertMessage("without a name", () -> OnnxModel.of(nameless.write()));
  }

  @Test
  void nodesInAnyOrderRun() {
    TinyModel model =
        new TinyModel(13).input("x").output("z").node("Neg", "y", "z").node("Relu", "x", "y");
    try (OnnxSession session = session(model)) {
      OnnxTensor x = OnnxTensor.of(new long[] {2}, -1, 2);
      assertArrayEquals(new float[] {-0f, -2}, session.run(Map.of("x", x)).get("z").toFloatArray());
    }
  }

  @Test
  void externalDataLieInTheModelsFolderOnly(@TempDir Path folder) throws IOException {
    Path home = Files.createDirectories(folder.resolve("home"));
    ByteBuffer raw = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    raw.putFloat(3).putFloat(4);
    Files.write(home.resolve("w.bin"), raw.array());
    Files.write(folder.resolve("secret.bin"), raw.array());
    Files.createSymbolicLink(home.resolve("link.bin"), folder.resolve("secret.bin"));
    Path model = home.resolve("m.onnx");

    Files.write(model, adder("w.bin", 2));
    try (OnnxSession session = OnnxModel.load(model).session(engine, OPTIONS)) {
      OnnxTensor x = OnnxTensor.of(new long[] {2}, 1, 1);
      assertArrayEquals(new float[] {4, 5}, session.run(Map.of("x", x)).get(0).toFloatArray());
    }
    for (String escape :
        List.of("../secret.bin", folder.resolve("secret.bin").toString(), "link.bin", "")) {
      Files.write(model, adder(escape, 2));
      assertMessage("inside the model's folder", () -> OnnxModel.load(model));
    }
    Files.write(model, adder("w.bin", 3));
    assertMessage("12 bytes inside a file of 8", () -> OnnxModel.load(model));
    Files.write(model, adder("none.bin", 2));
    assertMessage("a readable file beside the model", () -> OnnxModel.load(model));
    assertMessage("a model loaded from a file", () -> OnnxModel.of(adder("w.bin", 2)));
  }

  private static byte[] adder(String location, long elements) {
    return new TinyModel(13)
        .input("x")
        .output("y")
        .external("w", location, elements)
        .node("Add", "x w", "y")
        .write();
  }
}
