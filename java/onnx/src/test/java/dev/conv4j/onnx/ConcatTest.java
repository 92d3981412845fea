package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConcatTest {

  /** Rows short and long, many and few: what threads share is a number of rows, or parts of one. */
  @ParameterizedTest
  @CsvSource({"3000, 24, 21", "3, 40000, 70001", "2000, 1, 300", "1, 5, 7", "700, 16384, 3"})
  void rowsLieSideBySide(int rows, int left, int right) {
    TinyModel model =
        new TinyModel(13).input("a").input("b").output("y").node("Concat", "a b", "y", "axis=-1");
    float[] a = numbers(rows * left, 0.5f);
    float[] b = numbers(rows * right, -0.25f);
    float[] expected = new float[rows * (left + right)];
    for (int row = 0; row < rows; row++) {
      int to = row * (left + right);
      System.arraycopy(a, row * left, expected, to, left);
      System.arraycopy(b, row * right, expected, to + left, right);
    }
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(3));
        OnnxSession session = OnnxModel.of(model.write()).session(engine)) {
      OnnxTensor x = OnnxTensor.of(new long[] {rows, left}, a);
      OnnxTensor z = OnnxTensor.of(new long[] {rows, right}, b);
      for (int run = 0; run < 2; run++) {
        float[] joined = session.run(Map.of("a", x, "b", z)).get("y").toFloatArray();
        assertArrayEquals(expected, joined);
      }
    }
  }

  private static float[] numbers(int count, float step) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = i * step;
    }
    return numbers;
  }
}
