package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.onnx.OnnxConformance;
import dev.conv4j.onnx.OnnxConformance.Outcome;
import dev.conv4j.onnx.OnnxModel;
import dev.conv4j.onnx.OnnxSession;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.SessionOptions;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole networks on the device, by the data of the ONNX project and ours in its form. */
@ExtendWith(NothingIsFound.class)
class NetworksTest {

  private static final Path DATA =
      Path.of(System.getProperty("conv4j.shared", "../../../shared"), "onnx");

  @BeforeEach
  void data() {
    Assumptions.assumeTrue(Files.isDirectory(DATA), "no conformance data at " + DATA);
  }

  @ParameterizedTest
  @ValueSource(strings = {"node", "mininets"})
  void everyTestPasses(String name) {
    SessionOptions options = SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);
    try (Engine engine = Engine.open("cuda:0")) {
      OnnxConformance conformance = new OnnxConformance(engine, options);
      List<Outcome> outcomes =
          OnnxConformance.find(DATA.resolve(name)).stream().map(conformance::run).toList();
      String failed =
          outcomes.stream()
              .filter(outcome -> !outcome.passed())
              .map(outcome -> outcome.folder().getFileName() + ": " + outcome.detail())
              .collect(Collectors.joining("\n"));
      assertEquals("", failed);
      assertFalse(outcomes.isEmpty(), "no test in " + DATA.resolve(name));
    }
  }

  /** Constant weights: they prove import and shapes. */
  @Test
  void squeezeNetStaysOnTheDevice() throws IOException {
    float[] pixels = new float[3 * 224 * 224];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (i / (double) pixels.length);
    }
    OnnxTensor image = OnnxTensor.of(new long[] {1, 3, 224, 224}, pixels);
    Path expected = DATA.resolve("light/light_squeezenet_output_0.pb");
    agrees(DATA.resolve("light/light_squeezenet.onnx"), image, expected, 1e-7);
  }

  @Test
  void squeezeNetWithRandomWeightsAgrees(@TempDir Path temp) throws Exception {
    Path model = temp.resolve("squeezenet.onnx");
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                DATA.resolve("LightModel.java").toString(),
                DATA.resolve("light/light_squeezenet.onnx").toString(),
                model.toString())
            .redirectError(Redirect.DISCARD)
            .redirectOutput(Redirect.DISCARD)
            .start();
    assertEquals(0, writer.waitFor());
    OnnxTensor input = OnnxConformance.readTensor(DATA.resolve("light_rand/input_0.pb"));
    agrees(model, input, DATA.resolve("light_rand/squeezenet_output_0.pb"), 1e-6);
  }

  /** Under a policy with which nothing may leave the device. */
  private static void agrees(Path file, OnnxTensor input, Path expected, double atol)
      throws IOException {
    OnnxModel model = OnnxModel.load(file);
    SessionOptions stay = SessionOptions.DEFAULT.withFallback(FallbackPolicy.FAIL);
    try (Engine engine = Engine.open("cuda:0");
        OnnxSession session = model.session(engine, stay)) {
      OnnxTensor result = session.run(Map.of(model.inputs().getFirst().name(), input)).get(0);
      OnnxTensor wanted = OnnxConformance.readTensor(expected);
      assertNull(OnnxConformance.difference(result, wanted, 1e-3, atol));
      String told = session.explain();
      assertTrue(told.contains("39 of 39 nodes ran on cuda:0"), told);
      assertTrue(!told.contains("copied to the host"), told);
    }
  }
}
