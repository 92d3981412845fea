package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Refusal;
import dev.conv4j.internal.Planner;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.kernels.CacheDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuarantineTest {

  private static final String KERNEL = "cpu_panel.cl";
  private static final ConvProblem PROBLEM =
      new ConvProblem(Convolution.parse("n1c64i14x14k64f3x3s2p1"), ConvOptions.DEFAULT);

  @TempDir Path cache;

  @BeforeAll
  static void needsADevice() {
    TestDevices.assumePresent();
  }

  private PlanExplanation plan(String find, String replace) {
    KernelSource source =
        new KernelSource(file -> {
          String text = KernelSource.resource(file);
          if (!file.equals(KERNEL)) {
            return text;
          }
          assertTrue(text.contains(find), find);
          return text.replace(find, replace);
        });
    try (OpenClDevice device =
        new OpenClDevice(Platforms.devices().getFirst(), source, CacheDirectory.at(cache))) {
      Planner planner = new Planner("opencl:0", device.algorithms(ProblemFamily.CONVOLUTION));
      PlanExplanation explanation = planner.plan(PROBLEM, Long.MAX_VALUE).explanation();
      device.memory().close();
      return explanation;
    }
  }

  private static Refusal refusal(PlanExplanation explanation) {
    return Objects.requireNonNull(
        explanation.candidates().stream()
            .filter(c -> c.algorithm().equals("implicit-gemm-cpu"))
            .findFirst()
            .orElseThrow()
            .refusal());
  }

  @Test
  void aWrongKernelIsQuarantinedAndTheNextAlgorithmServes() throws Exception {
    PlanExplanation explanation = plan("- p->padW", "- p->padW + 1");
    assertNotEquals("implicit-gemm-cpu", explanation.algorithm());
    assertInstanceOf(Refusal.Quarantined.class, refusal(explanation));
    assertTrue(Files.readString(cache.resolve("certified.jsonl")).contains("wrong on"));
  }

  @Test
  void theQuarantineOutlivesTheProcessAndEndsWithOtherCode() throws Exception {
    plan("- p->padW", "- p->padW + 1");
    int lines = Files.readAllLines(cache.resolve("certified.jsonl")).size();
    PlanExplanation again = plan("- p->padW", "- p->padW + 1");
    assertInstanceOf(Refusal.Quarantined.class, refusal(again));
    assertEquals(
        lines, Files.readAllLines(cache.resolve("certified.jsonl")).size(), "examined again");
    assertEquals("implicit-gemm-cpu", plan("- p->padW", "- p->padW").algorithm());
  }

  @Test
  void aSoundKernelIsExaminedOnce() throws Exception {
    plan("- p->padW", "- p->padW");
    String first = Files.readString(cache.resolve("certified.jsonl"));
    plan("- p->padW", "- p->padW");
    assertEquals(first, Files.readString(cache.resolve("certified.jsonl")));
    assertTrue(first.contains("\"verdict\": \"good\""), first);
  }
}
