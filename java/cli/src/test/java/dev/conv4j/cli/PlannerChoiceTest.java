package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/**
 * What the planner takes on the CPU beside everything that it could take. The regret on whole
 * suites is for an idle machine, and on demand: {@code -Dconv4j.test.choices=resnet50,vgg16}, with
 * {@code -Dconv4j.test.choices.seconds} for each.
 */
class PlannerChoiceTest {

  /** One layer for each of four algorithms. */
  private static final List<String> LAYERS =
      List.of(
          "n1c64i28x28k64f3x3p1",
          "n1c128i14x14k128f1x1",
          "n1c32i56x56k32f3x3p1g32",
          "n1c1i300x400k1f25x25p12");

  @Test
  void isComparedWithTheFastestOnEveryLayer() {
    CommandLineRun run = bench("--problem " + String.join(" --problem ", LAYERS) + " --seconds 8");
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
