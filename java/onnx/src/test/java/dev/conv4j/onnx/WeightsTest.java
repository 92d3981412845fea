package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Constants that take no memory, or give it back, until they are read. */
class WeightsTest {

  @Test
  void computedElementsAreKeptOnlyForThoseWhoReadThemInPlace() {
    AtomicInteger times = new AtomicInteger();
    OnnxTensor tensor =
        OnnxTensor.computed(
            ElementType.FLOAT,
            target -> {
              times.incrementAndGet();
              target.set(ValueLayout.JAVA_FLOAT, 0, 1);
              target.set(ValueLayout.JAVA_FLOAT, 4, 2);
            },
            2);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(8, 4);
      tensor.copyTo(copy);
      tensor.reshaped(2, 1).copyTo(copy);
      assertEquals(2, copy.get(ValueLayout.JAVA_FLOAT, 4));
    }
    assertEquals(2, times.get());
    assertTrue(tensor.isComputed());
    assertArrayEquals(new float[] {1, 2}, tensor.toFloatArray());
    assertArrayEquals(new float[] {1, 2}, tensor.toFloatArray());
    assertEquals(3, times.get());
    assertFalse(tensor.isComputed());
  }

  @Test
  void packedWeightsOfAFileAreReadAgainByEverySession(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("model.onnx");
    Files.write(file, network().write());
    OnnxModel fromFile = OnnxModel.load(file);
    OnnxTensor image = OnnxTensor.of(new long[] {2, 8, 9, 7}, numbers(3, 2 * 8 * 9 * 7));
    float[] expected = null;
    for (boolean fused : new boolean[] {true, true, false}) {
      SessionOptions options =
          SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW).withFuse(fused);
      try (Engine engine = Engine.open("cpu");
          OnnxSession session = fromFile.session(engine, options)) {
        float[] first = session.run(Map.of("x", image)).get(0).toFloatArray();
        assertArrayEquals(first, session.run(Map.of("x", image)).get(0).toFloatArray());
        expected = expected == null ? first : expected;
        assertArrayEquals(expected, first, 1e-4f);
      }
    }
  }

  /** Two convolutions, one scaled twice. */
  private static TinyModel network() {
    return new TinyModel(13)
        .input("x")
        .output("y")
        .constant("w", new long[] {16, 8, 3, 3}, numbers(1, 16 * 8 * 9))
        .constant("v", new long[] {8, 16, 1, 1}, numbers(2, 8 * 16))
        .constant("gain", new long[] {16, 1, 1}, numbers(4, 16))
        .constant("more", new long[] {16, 1, 1}, numbers(5, 16))
        .node("Conv", "x w", "a", "pads=1,1,1,1")
        .node("Mul", "a gain", "b")
        .node("Mul", "b more", "c")
        .node("Conv", "c v", "y");
  }

  private static float[] numbers(int seed, int count) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextDouble(-0.5, 0.5);
    }
    return numbers;
  }

  @Test
  void aLargeResultOfASmallConstantStaysANode() {
    TinyModel model =
        new TinyModel(13)
            .input("x")
            .output("y")
            .longs("small", 64, 64)
            .longs("large", 8192, 4096)
            .node("ConstantOfShape", "small", "folded")
            .node("ConstantOfShape", "large", "left")
            .node("Add", "x folded", "sum")
            .node("Concat", "sum left", "y", "axis=0");
    try (Engine engine = Engine.open("cpu");
        OnnxSession session = OnnxModel.of(model.write()).session(engine)) {
      String nodes = session.explain();
      assertFalse(nodes.contains("-> [folded]"), nodes);
      assertTrue(nodes.contains("-> [left]"), nodes);
    }
  }
}
