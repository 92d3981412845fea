package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.onnx.OnnxConformance.Outcome;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ONNX project's tests and our own in its form, each folder with the number it must have. */
class ConformanceTest {

  @ParameterizedTest
  @CsvSource({"node, 55", "ops, 257", "pytorch, 29", "random, 150", "mininets, 3"})
  void everyTestPasses(String name, int tests) {
    Path root = SharedData.folder(name);
    SessionOptions options = SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);
    try (Engine engine = Engine.open("cpu")) {
      OnnxConformance conformance = new OnnxConformance(engine, options);
      List<Outcome> outcomes = OnnxConformance.find(root).stream().map(conformance::run).toList();
      String failed =
          outcomes.stream()
              .filter(outcome -> !outcome.passed())
              .map(outcome -> outcome.folder().getFileName() + ": " + outcome.detail())
              .collect(Collectors.joining("\n"));
      assertTrue(failed.isEmpty(), failed);
      assertEquals(tests, outcomes.size());
    }
  }
}
