package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The loops assemble, where NVIDIA's assembler is at hand, and keep all in registers. */
class PeakLoopsTest {

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> everyLoopAssemblesWithoutSpills() {
    return PeakLoops.texts().entrySet().stream()
        .map(loop ->
            DynamicTest.dynamicTest(loop.getKey(), () -> assemble(loop.getKey(), loop.getValue())));
  }

  private void assemble(String name, String ptx) throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve(name + ".ptx"), ptx);
    Process process;
    try {
      process =
          new ProcessBuilder(
                  "ptxas",
                  "-v",
                  "-arch",
                  name.equals("wgmma") ? "sm_90a" : "sm_90",
                  source.toString(),
                  "-o",
                  folder.resolve(name).toString())
              .redirectErrorStream(true)
              .start();
    } catch (IOException absent) {
      Assumptions.abort("no ptxas on the path");
      return;
    }
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), log);
    assertTrue(log.contains("0 bytes spill stores"), log);
    assertFalse(log.contains("warning"), log);
  }
}
