package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Refusal;
import dev.conv4j.internal.Planner;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.ProblemFamily;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.kernels.CacheDirectory;
import dev.conv4j.spi.kernels.KernelRejectedException;
import dev.conv4j.spi.kernels.Tuner;
import dev.conv4j.spi.kernels.Tuning;
import dev.conv4j.spi.kernels.TuningSpace;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.SoftmaxProblem;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** The library with kernels that take the wrong weights, and forget a term of a sum. */
  private static KernelLibrary faulty() throws IOException {
    Map<String, byte[]> planted =
        Map.of(
            WRONG, image("few-channel-wrong-tap"), "operator-softmax", image("softmax-lost-terms"));
    return new KernelLibrary(KernelLibrary.table()) {
      @Override
      byte[] image(KernelVariant wanted) {
        return planted.getOrDefault(wanted.name(), super.image(wanted));
      }
    };
  }

  private static byte[] image(String fault) throws IOException {
    String file = "faults/" + fault + ".fatbin";
    try (InputStream in = CudaCertificationTest.class.getResourceAsStream(file)) {
      return Objects.requireNonNull(in).readAllBytes();
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
  void anOperatorThatIsWrongIsQuarantinedBeforeItsFirstUse() throws IOException {
    SoftmaxProblem problem = new SoftmaxProblem(3, 10, 1, false);
    try (CudaDevice device = Emulator.open(faulty(), CacheDirectory.at(cache))) {
      Algorithm<SoftmaxProblem, OperatorOperands> softmax =
          device.algorithms(SoftmaxProblem.FAMILY).getFirst();
      assertInstanceOf(Verdict.Yes.class, softmax.check(problem));
      assertThrows(KernelRejectedException.class, () -> softmax.compile(problem));
      assertInstanceOf(Verdict.No.class, softmax.check(problem));
      device.memory().close();
    }
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      device.algorithms(SoftmaxProblem.FAMILY).getFirst().compile(problem);
      device.memory().close();
    }
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
