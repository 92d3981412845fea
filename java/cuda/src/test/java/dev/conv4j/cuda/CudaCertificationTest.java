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
import dev.conv4j.spi.kernels.TuningStore;
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
      assertTrue(text.contains("time measured without a cap on scratch"), text);
      device.memory().close();
    }
  }

  /** As {@code conv4j tune} does it. */
  @Test
  void tuningADeviceMeasuresABatchAndItsRow() {
    ConvProblem batch = new ConvProblem(Convolution.parse("n2c4i6x6k8f3x3p1"), ConvOptions.DEFAULT);
    List<String> findings = new ArrayList<>();
    int measured = Tuner.tune("cuda:0", List.of(batch), 0, findings::add);
    assertEquals(findings.size(), measured, "with no time left only defaults are measured");
    for (String algorithm : List.of("implicit-gemm", "implicit-gemm-splitk", "winograd-4x3")) {
      for (String problem : List.of("n2c4i6x6k8f3x3p1", "n1c4i6x6k8f3x3p1")) {
        assertTrue(
            findings.stream().anyMatch(line -> line.startsWith(problem + " " + algorithm + ":")),
            () -> problem + " " + algorithm + " is not among " + findings);
      }
    }
  }

  @Test
  void whatIsNotMeasuredSaysSo() {
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      Verdict.Yes yes = (Verdict.Yes) ImplicitGemmAlgorithm.whole(device.kernels()).check(PROBLEM);
      assertTrue(
          yes.notes().contains("tile and time by reasoning for sm_80, not measured on this device"),
          () -> yes.notes().toString());
      device.memory().close();
    }
  }

  @Test
  void candidatesAreTilesThatAreCompiled() {
    ConvProblem free =
        new ConvProblem(PROBLEM.convolution(), ConvOptions.builder().deterministic(false).build());
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      TuningSpace space = ImplicitGemmAlgorithm.split(device.kernels()).space(free);
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

  /** Or a row would get other bits inside a batch that was measured. */
  @Test
  void deterministicSumsAreCutAlikeWhateverIsMeasured() {
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      CudaAlgorithm split = ImplicitGemmAlgorithm.split(device.kernels());
      TuningSpace space = split.space(PROBLEM);
      for (Tuning tuning : space.candidates()) {
        assertEquals(space.defaults().get("SPLIT"), tuning.get("SPLIT"));
      }
      int other = space.defaults().get("SPLIT") + 1;
      split.keep(
          PROBLEM, new TuningStore.Entry(space.defaults().with("SPLIT", other), 1e-9, 1 << 20));
      assertNotEquals(1e-9, ((Verdict.Yes) split.check(PROBLEM)).predictedSeconds());
      split.keep(PROBLEM, new TuningStore.Entry(space.defaults(), 2e-9, 1 << 20));
      assertEquals(2e-9, ((Verdict.Yes) split.check(PROBLEM)).predictedSeconds());
      device.memory().close();
    }
  }

  /** The plan of a row and that of a batch cut their sums in one way. */
  @Test
  void aBatchCutsItsSumsAsItsRowsAlone() {
    try (CudaDevice device = Emulator.open(KernelLibrary.packed(), CacheDirectory.at(cache))) {
      for (String layer :
          List.of("c512i7x7k512f3x3p1", "c64i14x14k128f3x3p1", "c32i9x9k40f5x5p2")) {
        CudaAlgorithm split = ImplicitGemmAlgorithm.split(device.kernels());
        int alone = parts(split, "n1" + layer);
        for (int batch : new int[] {2, 32, 256}) {
          assertEquals(alone, parts(split, "n" + batch + layer), layer);
        }
      }
      device.memory().close();
    }
  }

  private static int parts(CudaAlgorithm algorithm, String spelling) {
    ConvProblem problem = new ConvProblem(Convolution.parse(spelling), ConvOptions.DEFAULT);
    return algorithm.space(problem).defaults().get("SPLIT");
  }
}
