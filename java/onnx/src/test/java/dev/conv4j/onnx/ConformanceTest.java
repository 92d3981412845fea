package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.onnx.OnnxConformance.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ONNX project's tests and our own in its form: all that are there, and some must be. */
class ConformanceTest {

  @ParameterizedTest
  @ValueSource(strings = {"node", "ops", "pytorch", "random", "mininets"})
  void everyTestPasses(String name) throws IOException {
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
      long there = firstSets(root);
      assertTrue(there > 0, "no test in " + root);
      assertEquals(there, outcomes.size(), "tests found by their model and by their data");
    }
  }

  private static long firstSets(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.filter(path -> path.endsWith("test_data_set_0")).count();
    }
  }
}
