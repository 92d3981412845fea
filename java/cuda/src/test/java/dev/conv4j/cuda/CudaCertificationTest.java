package dev.conv4j.cuda;

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
import dev.conv4j.spi.kernels.Tuner;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels certify themselves before their first use, and measured tilings are remembered. */
class CudaCertificationTest {

  private static final ConvProblem PROBLEM =
      new ConvProblem(Convolution.parse("n1c4i20x20k8f3x3p1"), ConvOptions.DEFAULT);
  private static final String WRONG = "few-channel";

  @TempDir Path cache;

  @BeforeEach
  void emulator() {
    Emulator.demand();
    Emulator.findings();
  }

  /** The library with one kernel that takes the wrong weights. */
  private static KernelLibrary faulty() throws IOException {
    try (InputStream in =
        CudaCertificationTest.class.getResourceAsStream("faults/few-channel-wrong-tap.fatbin")) {
      byte[] image = Objects.requireNonNull(in).readAllBytes();
      return new KernelLibrary(KernelLibrary.table()) {
        @Override
        byte[] image(KernelVariant wanted) {
          return wanted.name().equals(WRONG) ? image : super.image(wanted);
        }
      };
    }
  }

  private PlanExplanation plan(KernelLibrary library) {
    try (CudaDevice device = Emulator.open(library, CacheDirectory.at(cache))) {
      Planner planner = new Planner("cuda:0", device.algorithms(ProblemFamily.CONVOLUTION));
      PlanExplanation explanation = planner.plan(PROBLEM, 0).explanation();
      device.memory().close();
      return explanation;
    }
  }

  @Test
  void aWrongKernelIsQuarantinedForGoodAndTheNextAlgorithmServes() throws IOException {
    assertEquals(WRONG, plan(KernelLibrary.packed()).algorithm());
    PlanExplanation explanation = plan(faulty());
    assertNotEquals(WRONG, explanation.algorithm());
    PlanExplanation.Candidate refused =
        explanation.candidates().stream()
            .filter(candidate -> candidate.algorithm().equals(WRONG))
            .findFirst()
            .orElseThrow();
    assertInstanceOf(Refusal.Quarantined.class, refused.refusal());
    List<String> lines = Files.readAllLines(cache.resolve("certified.jsonl"));
    assertTrue(lines.stream().anyMatch(line -> line.contains("wrong on")), lines::toString);
    assertNotEquals(WRONG, plan(faulty()).algorithm());
    assertEquals(WRONG, plan(KernelLibrary.packed()).algorithm());
    assertEquals(lines, Files.readAllLines(cache.resolve("certified.jsonl")), "examined again");
  }

  @Test
  void whatWasMeasuredServesLaterDevices() {
    List<String> findings = new ArrayList<>();
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      int measured = new Tuner(device, findings::add).tune(PROBLEM, 0);
      assertEquals(findings.size(), measured, "with no time left only defaults are measured");
      assertTrue(measured >= 6, findings::toString);
      device.memory().close();
    }
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      Planner planner = new Planner("cuda:0", device.algorithms(ProblemFamily.CONVOLUTION));
      String text = planner.plan(PROBLEM, Long.MAX_VALUE).explanation().toText();
      assertTrue(text.contains("time measured under a cap of"), text);
      device.memory().close();
    }
  }

  @Test
  void candidatesAreTilesThatAreCompiled() {
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      TuningSpace space = ImplicitGemmAlgorithm.split(device.kernels()).space(PROBLEM);
      List<Tuning> candidates = space.candidates();
      assertEquals(space.defaults(), candidates.getFirst());
      assertTrue(candidates.size() > 3, candidates::toString);
      for (Tuning tuning : candidates) {
        String tile = tuning.get("TILE_K") + "x" + tuning.get("TILE_NPQ");
        assertTrue(
            device.kernels().fits("implicit-gemm-" + tile + "-ee"), () -> tile + " of " + tuning);
      }
      device.memory().close();
    }
  }
}
