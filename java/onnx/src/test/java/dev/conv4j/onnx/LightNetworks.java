package dev.conv4j.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Real architectures with pseudo-random weights, written by the program that comes with them. */
final class LightNetworks {

  private LightNetworks() {}

  /** Writes a network with weights and returns the file. */
  static Path withWeights(String name, Path folder) throws IOException, InterruptedException {
    Path shared = SharedData.folder(".");
    Path model = folder.resolve(name + ".onnx");
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                shared.resolve("LightModel.java").toString(),
                shared.resolve("light/light_" + name + ".onnx").toString(),
                model.toString())
            .redirectErrorStream(true)
            .start();
    try (InputStream said = writer.getInputStream()) {
      String text = new String(said.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertEquals(0, writer.waitFor(), text);
    }
    assertEquals(true, Files.size(model) > 1_000_000);
    return model;
  }
}
