package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real architectures: those with constant weights import and run, those with others agree. */
class LightNetworksTest {

  private static final SessionOptions OPTIONS =
      SessionOptions.DEFAULT.withFallback(FallbackPolicy.ALLOW);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bvlc_alexnet",
        "densenet121",
        "inception_v1",
        "inception_v2",
        "resnet50",
        "shufflenet",
        "squeezenet",
        "zfnet512"
      })
  void networkWithConstantWeightsRuns(String name) throws IOException {
    Path folder = SharedData.folder("light");
    OnnxModel model = OnnxModel.load(folder.resolve("light_" + name + ".onnx"));
    float[] pixels = new float[3 * 224 * 224];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (float) (i / (double) pixels.length);
    }
    try (Engine engine = Engine.open("cpu");
        OnnxSession session = model.session(engine, OPTIONS)) {
      OnnxTensor image = OnnxTensor.of(new long[] {1, 3, 224, 224}, pixels);
      OnnxTensor result = session.run(Map.of(model.inputs().getFirst().name(), image)).get(0);
      Path expected = folder.resolve("light_" + name + "_output_0.pb");
      double rtol = name.equals("densenet121") ? 2e-3 : 1e-3;
      assertNull(
          OnnxConformance.difference(result, OnnxConformance.readTensor(expected), rtol, 1e-7));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"squeezenet", "shufflenet", "inception_v2", "resnet50"})
  void networkWithRandomWeightsAgrees(String name, @TempDir Path temp) throws Exception {
    Path folder = SharedData.folder("light_rand");
    OnnxModel model = OnnxModel.load(LightNetworks.withWeights(name, temp));
    OnnxTensor input = OnnxConformance.readTensor(folder.resolve("input_0.pb"));
    OnnxTensor expected = OnnxConformance.readTensor(folder.resolve(name + "_output_0.pb"));
    try (Engine engine = Engine.open("cpu");
        OnnxSession session = model.session(engine, OPTIONS)) {
      Map<String, OnnxTensor> inputs = Map.of(model.inputs().getFirst().name(), input);
      OnnxResult first = session.run(inputs);
      assertNull(OnnxConformance.difference(first.get(0), expected, 1e-3, 1e-6));
      OnnxResult planned = session.run(inputs);
      assertEquals(-1, first.get(0).segment().mismatch(planned.get(0).segment()));
      assertTrue(
          planned.times().stream().noneMatch(time -> time.op().equals("BatchNormalization")));
    }
  }
}
