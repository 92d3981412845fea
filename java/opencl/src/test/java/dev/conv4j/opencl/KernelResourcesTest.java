package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.PlanExplanation;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class KernelResourcesTest {

  /** Of an assembler of 2025. */
  private static final String RECENT =
      """
      ptxas info    : 0 bytes gmem
      ptxas info    : Compiling entry function 'reduce_split' for 'sm_90'
      ptxas info    : Function properties for reduce_split
          0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
      ptxas info    : Used 8 registers, used 0 barriers
      ptxas info    : Compile time = 136.762 ms
      ptxas info    : Compiling entry function 'implicit_gemm' for 'sm_90'
      ptxas info    : Function properties for implicit_gemm
          144 bytes stack frame, 132 bytes spill stores, 180 bytes spill loads
      ptxas info    : Used 128 registers, used 1 barriers, 11264 bytes smem, 360 bytes cmem[0]
      ptxas info    : Compile time = 42.877 ms
      """;

  /** Of a driver of 2013, with the blank lines that build logs begin and end with. */
  private static final String OLD =
      """

      ptxas info    : 0 bytes gmem
      ptxas info    : Compiling entry function 'direct' for 'sm_21'
      ptxas info    : Function properties for direct
      ptxas         .     0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
      ptxas info    : Used 31 registers, 32800 bytes smem, 64 bytes cmem[0]

      """;

  /** Before sm_20 there were no stack frames. */
  private static final String OLDEST =
      """
      : Retrieving binary for 'cuModuleLoadDataEx_4', for gpu='sm_13', usage mode=''
      : Control flags for 'cuModuleLoadDataEx_4' disable search path
      : Ptx compilation for 'cuModuleLoadDataEx_4', for gpu='sm_13', ocg options=''
      ptxas info    : Compiling entry function 'direct' for 'sm_13'
      ptxas info    : Used 14 registers, 80+16 bytes smem, 8 bytes cmem[1]
      """;

  @Test
  void registersAndSpillsAreThoseOfTheEntryAskedFor() {
    assertEquals(
        Optional.of(new AssemblerLog(128, 312)), AssemblerLog.find(RECENT, "implicit_gemm"));
    assertEquals(Optional.of(new AssemblerLog(8, 0)), AssemblerLog.find(RECENT, "reduce_split"));
    assertEquals(Optional.of(new AssemblerLog(31, 0)), AssemblerLog.find(OLD, "direct"));
    assertEquals(Optional.of(new AssemblerLog(14, 0)), AssemblerLog.find(OLDEST, "direct"));
  }

  @Test
  void aLogWithoutTheEntryTellsNothing() {
    assertEquals(Optional.empty(), AssemblerLog.find(RECENT, "implicit"));
    assertEquals(Optional.empty(), AssemblerLog.find("", "direct"));
    String others = "warning: argument unused during compilation: 'direct' Used 3 registers";
    assertEquals(Optional.empty(), AssemblerLog.find(others, "direct"));
    // The driver had the kernel already and did not assemble it.
    String cut = RECENT.substring(0, RECENT.indexOf("Used 128"));
    assertEquals(Optional.empty(), AssemblerLog.find(cut, "implicit_gemm"));
    assertTrue(AssemblerLog.tells(RECENT));
    assertFalse(AssemblerLog.tells("  "));
  }

  @Test
  void explanationsShowRegistersOnlyWhereTheyAreKnown() {
    Optional<AssemblerLog> known = Optional.of(new AssemblerLog(128, 312));
    var facts = new KernelResources(11264, 0, 512, 32, known).facts();
    assertEquals("128", facts.get("registers"));
    assertEquals("312 bytes", facts.get("spilled registers"));
    assertEquals("11264 bytes", facts.get("local memory"));
    assertEquals("up to 512, best a multiple of 32", facts.get("work-group"));
    var unknown = new KernelResources(0, 16, 512, 1, Optional.empty()).facts();
    assertFalse(unknown.containsKey("registers"), unknown::toString);
  }

  @Test
  void everyAlgorithmNamesItsKernelAndWhatThatTakes() {
    TestDevices.assumePresent();
    Convolution v = Convolution.parse("n1c4i12x12k8f3x3p1");
    ConvOptions any = ConvOptions.builder().fallback(FallbackPolicy.ALLOW).build();
    try (Engine engine = Engine.open("opencl")) {
      int seen = 0;
      for (PlanExplanation.Candidate candidate : engine.plan(v, any).explain().candidates()) {
        if (candidate.predictedSeconds().isEmpty()) {
          continue;
        }
        ConvOptions forced = any.toBuilder().algorithm(candidate.algorithm()).build();
        PlanExplanation explanation = engine.plan(v, forced).explain();
        String text = explanation.toText();
        for (String fact : new String[] {"kernel", "local memory", "private memory"}) {
          assertTrue(text.contains(fact + " = "), text);
        }
        if (!explanation.reference()) {
          assertTrue(text.contains("tile = "), text);
        }
        seen++;
      }
      assertTrue(seen >= 7, "only " + seen + " algorithms take " + v);
    }
  }
}
