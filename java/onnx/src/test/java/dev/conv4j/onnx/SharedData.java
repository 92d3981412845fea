package dev.conv4j.onnx;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The conformance data, read where they lie: not every checkout has them. */
public final class SharedData {

  private SharedData() {}

  /** Returns a folder of the data, or skips the test with the reason. */
  public static Path folder(String name) {
    Path folder = Path.of(System.getProperty("conv4j.shared", "../../../shared"), "onnx", name);
    Assumptions.assumeTrue(Files.isDirectory(folder), "no conformance data at " + folder);
    return folder;
  }
}
