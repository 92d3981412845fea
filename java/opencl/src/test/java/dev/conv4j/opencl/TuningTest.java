package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.internal.Planner;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.Tuner;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningTest {

  private static final ConvProblem PROBLEM =
      new ConvProblem(Convolution.parse("n1c16i14x14k40f1x1"), ConvOptions.DEFAULT);

  @TempDir Path cache;

  @BeforeAll
  static void needsADevice() {
    TestDevices.assumePresent();
  }

  private OpenClDevice open() {
    return new OpenClDevice(
        Platforms.devices().getFirst(), KernelSource.packed(), CacheDirectory.at(cache));
  }

  private static String explain(OpenClDevice device) {
    return new Planner("opencl:0", device.algorithms(ProblemFamily.CONVOLUTION))
        .plan(PROBLEM, Long.MAX_VALUE)
        .explanation()
        .toText();
  }

  @Test
  void whatWasMeasuredServesLaterProcesses() throws Exception {
    List<String> findings = new ArrayList<>();
    try (OpenClDevice device = open()) {
      assertFalse(explain(device).contains("time measured"));
      int measured = new Tuner(device, findings::add).tune(PROBLEM, 0);
      assertEquals(findings.size(), measured, "with no time left only defaults are measured");
      assertTrue(measured >= 4, findings::toString);
      device.memory().close();
    }
    Path file = cache.resolve("tunings.jsonl");
    assertEquals(findings.size(), Files.readAllLines(file).size());
    // A damaged line costs only itself.
    Files.writeString(file, "{\"problem\": \n" + Files.readString(file));
    try (OpenClDevice device = open()) {
      String text = explain(device);
      assertTrue(text.contains("time measured without a cap on scratch"), text);
      device.memory().close();
    }
  }

  @Test
  void candidatesObeyTheKernelsRulesAndBeginWithTheDefaults() {
    TuningSpace space = TileShape.space(Platforms.devices().getFirst());
    List<Tuning> candidates = space.candidates();
    assertEquals(space.defaults(), candidates.getFirst());
    assertTrue(candidates.size() > 10, candidates::toString);
    assertTrue(candidates.stream().allMatch(space::allows));
    assertFalse(space.allows(space.defaults().with("THREAD_K", 3)));
  }
}
