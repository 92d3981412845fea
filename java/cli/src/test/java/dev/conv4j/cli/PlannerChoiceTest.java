package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What the planner takes on the CPU beside everything that it could take. The regret on whole
 * suites is for an idle machine, and on demand: {@code -Dconv4j.test.choices=resnet50,vgg16}, with
 * {@code -Dconv4j.test.choices.seconds} for each.
 */
class PlannerChoiceTest {

  /** Layers that one algorithm, or one kind, is made for: by the model the next takes 1.4 times. */
  private static final Map<String, Set<String>> LAYERS =
      Map.of(
          "n1c64i28x28k64f3x3p1", Set.of("winograd-4x3"),
          "n1c128i14x14k128f1x1", Set.of("direct", "packed-gemm", "pointwise", "implicit-gemm"),
          "n1c32i56x56k32f3x3p1g32", Set.of("depthwise"),
          "n1c32i112x112k32f3x3p1g32", Set.of("depthwise"),
          "n1c1i300x400k1f25x25p12", Set.of("fft"));

  /** By the model alone, so that no neighbour on the machine can change it. */
  @Test
  void isTheAlgorithmThatIsMadeForTheLayer() {
    try (Engine engine = Engine.open("cpu")) {
      LAYERS.forEach((layer, expected) -> {
        String chosen = engine.plan(Convolution.parse(layer)).explain().algorithm();
        assertTrue(expected.contains(chosen), () -> layer + " takes " + chosen);
      });
    }
  }

  @Test
  void isComparedWithTheFastestOnEveryLayer() {
    CommandLineRun run =
        bench("--problem " + String.join(" --problem ", LAYERS.keySet()) + " --seconds 8");
    Map<?, ?> choices = choices(run);
    assertEquals(LAYERS.size(), choices.get("layers"));
    assertTrue((Double) choices.get("over_fastest_most") >= 1, choices.toString());
    System.out.println("choices: " + choices);
  }

  @Test
  void isWithinTenPercentOnNineOfTenLayers() {
    String suites = System.getProperty("conv4j.test.choices", "");
    Assumptions.assumeFalse(suites.isEmpty(), "asked for with -Dconv4j.test.choices=SUITE,...");
    String seconds = System.getProperty("conv4j.test.choices.seconds", "120");
    for (String suite : suites.split(",", -1)) {
      CommandLineRun run =
          bench("--suite " + suite + " --seconds " + seconds + " --good-choices 90");
      System.out.println(suite + ": " + choices(run));
      assertEquals(0, run.code(), run.err());
    }
  }

  private static CommandLineRun bench(String line) {
    return CommandLineRun.ofLine(
        "bench --device cpu --threads 1 --batch 1 --algorithm fast --json - " + line);
  }

  private static Map<?, ?> choices(CommandLineRun run) {
    Map<?, ?> summary = (Map<?, ?>) ((List<?>) run.json().get("summary")).getFirst();
    return (Map<?, ?>) summary.get("choices");
  }
}
