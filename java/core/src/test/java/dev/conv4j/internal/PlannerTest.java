package dev.conv4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Accuracy;
import dev.conv4j.ConvOptions;
import dev.conv4j.ConvOptionsBuilder;
import dev.conv4j.Convolution;
import dev.conv4j.Direction;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.PlanExplanation;
import dev.conv4j.Refusal;
import dev.conv4j.UnsupportedProblemException;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlannerTest {

  private static final Convolution CONVOLUTION = Convolution.parse("n4c8i16x16k8f3x3p1");
  private static final long NO_CAP = Long.MAX_VALUE;

  private static ConvProblem problem(ConvOptionsBuilder options) {
    return new ConvProblem(CONVOLUTION, options.build());
  }

  private static ConvProblem problem() {
    return problem(ConvOptions.builder());
  }

  private static PlanExplanation plan(ConvProblem problem, long cap, FakeAlgorithm... list) {
    return new Planner("fake:0", List.of(list)).plan(problem, cap).explanation();
  }

  private static Refusal refusal(PlanExplanation explanation, String algorithm) {
    return explanation.candidates().stream()
        .filter(c -> c.algorithm().equals(algorithm))
        .findFirst()
        .orElseThrow()
        .refusal();
  }

  @Test
  void theFastestIsTakenAndTheOthersSayByHowMuchTheyLost() {
    PlanExplanation plan =
        plan(
            problem(),
            NO_CAP,
            FakeAlgorithm.fast("slow", 0, 6e-3),
            FakeAlgorithm.fast("quick", 10, 2e-3),
            FakeAlgorithm.reference());
    assertEquals("quick", plan.algorithm());
    assertEquals(10, plan.workspaceBytes());
    assertNull(refusal(plan, "quick"));
    assertEquals(new Refusal.Slower(3), refusal(plan, "slow"));
    assertEquals(List.of("slow", "quick", "reference"), ids(plan));
    assertEquals("quick 12x2v", plan.facts().get("tile"));
  }

  private static List<String> ids(PlanExplanation plan) {
    return plan.candidates().stream().map(PlanExplanation.Candidate::algorithm).toList();
  }

  @Test
  void theFirstOfEqualsIsTaken() {
    PlanExplanation plan =
        plan(
            problem(),
            NO_CAP,
            FakeAlgorithm.fast("first", 0, 1),
            FakeAlgorithm.fast("second", 0, 1));
    assertEquals("first", plan.algorithm());
  }

  private static FakeAlgorithm byBatch(String id, double first, double perRow) {
    return new FakeAlgorithm(
        id, false, p -> new Verdict.Yes(0, first + perRow * p.convolution().batch()));
  }

  private static String chosen(Direction direction, long batch, FakeAlgorithm... list) {
    return plan(
            new ConvProblem(
                CONVOLUTION.withBatch(batch), ConvOptions.builder().direction(direction).build()),
            NO_CAP,
            list)
        .algorithm();
  }

  /** The one is quicker for a row, the other for the batch of all. */
  @Test
  void aRowAndItsBatchTakeTheSameAlgorithmByTheBatchesThatRank() {
    FakeAlgorithm row = byBatch("row", 0, 1);
    FakeAlgorithm batch = byBatch("batch", 2, 0.1);
    for (long size : new long[] {1, 4, 100}) {
      assertEquals("row", chosen(Direction.FORWARD, size, row, batch));
    }
    row.rankingBatches = List.of(1L, 32L);
    batch.rankingBatches = row.rankingBatches;
    for (long size : new long[] {1, 4, 100}) {
      assertEquals("batch", chosen(Direction.FORWARD, size, row, batch));
    }
  }

  /** The gradient of a filter has no rows: the batch itself decides. */
  @Test
  void theGradientOfAFilterIsRankedByItsOwnBatch() {
    FakeAlgorithm row = byBatch("row", 0, 1);
    FakeAlgorithm batch = byBatch("batch", 2, 0.1);
    assertEquals("row", chosen(Direction.BACKWARD_FILTER, 1, row, batch));
    assertEquals("batch", chosen(Direction.BACKWARD_FILTER, 4, row, batch));
  }

  @Test
  void onlyTheOneTakenIsCompiled() {
    FakeAlgorithm loser = FakeAlgorithm.fast("loser", 0, 2);
    FakeAlgorithm winner = FakeAlgorithm.fast("winner", 0, 1);
    plan(problem(), NO_CAP, loser, winner, FakeAlgorithm.reference());
    assertEquals(List.of(), loser.compiled);
    assertEquals(List.of(problem()), winner.compiled);
  }

  @Test
  void aRefusalOfTheAlgorithmIsPassedOn() {
    for (Refusal.Aspect aspect : Refusal.Aspect.values()) {
      PlanExplanation plan =
          plan(
              problem(),
              NO_CAP,
              FakeAlgorithm.refusing("picky", aspect),
              FakeAlgorithm.fast("any", 0, 1));
      assertEquals("any", plan.algorithm());
      Refusal.Unsupported refusal =
          assertInstanceOf(Refusal.Unsupported.class, refusal(plan, "picky"));
      assertEquals(aspect, refusal.aspect());
      assertTrue(refusal.sentence().endsWith(": only other ones"), refusal::sentence);
    }
    Refusal quarantined = new Refusal.Quarantined("wrong sums");
    PlanExplanation plan =
        plan(
            problem(),
            NO_CAP,
            FakeAlgorithm.answering("bad", new Verdict.No(quarantined)),
            FakeAlgorithm.fast("any", 0, 1));
    assertEquals(quarantined, refusal(plan, "bad"));
  }

  @Test
  void scratchBeyondTheCapIsRefusedAndUpToItIsTaken() {
    FakeAlgorithm greedy = FakeAlgorithm.fast("greedy", 1000, 1);
    FakeAlgorithm lean = FakeAlgorithm.fast("lean", 0, 9);
    assertEquals("greedy", plan(problem(), 1000, greedy, lean).algorithm());
    PlanExplanation capped = plan(problem(), 999, greedy, lean);
    assertEquals("lean", capped.algorithm());
    assertEquals(new Refusal.WorkspaceCap(1000, 999), refusal(capped, "greedy"));
  }

  @Test
  void resultsThatDependOnTimingMustBeAllowed() {
    FakeAlgorithm atomics =
        FakeAlgorithm.answering("atomics", new Verdict.Yes(0, 1, 1, false, List.of()));
    FakeAlgorithm ordered = FakeAlgorithm.fast("ordered", 0, 9);
    PlanExplanation plan = plan(problem(), NO_CAP, atomics, ordered);
    assertEquals("ordered", plan.algorithm());
    assertEquals(new Refusal.Nondeterministic(), refusal(plan, "atomics"));
    ConvProblem relaxed = problem(ConvOptions.builder().deterministic(false));
    assertEquals("atomics", plan(relaxed, NO_CAP, atomics, ordered).algorithm());
  }

  @Test
  void strictAccuracyRefusesALargerErrorFactor() {
    FakeAlgorithm winograd =
        FakeAlgorithm.answering("winograd", new Verdict.Yes(0, 1, 8, true, List.of("fractions")));
    FakeAlgorithm gemm = FakeAlgorithm.fast("gemm", 0, 9);
    PlanExplanation standard = plan(problem(), NO_CAP, winograd, gemm);
    assertEquals("winograd", standard.algorithm());
    assertEquals(List.of("fractions"), standard.candidates().getFirst().notes());
    ConvProblem strict = problem(ConvOptions.builder().accuracy(Accuracy.STRICT));
    PlanExplanation plan = plan(strict, NO_CAP, winograd, gemm);
    assertEquals("gemm", plan.algorithm());
    assertEquals(new Refusal.Inaccurate(8), refusal(plan, "winograd"));
  }

  @Test
  void aForcedAlgorithmIsTakenHoweverSlow() {
    ConvProblem forced = problem(ConvOptions.builder().algorithm("slow"));
    PlanExplanation plan =
        plan(
            forced,
            NO_CAP,
            FakeAlgorithm.fast("quick", 0, 1),
            FakeAlgorithm.fast("slow", 0, 9),
            FakeAlgorithm.reference());
    assertEquals("slow", plan.algorithm());
    assertEquals(new Refusal.NotForced("slow"), refusal(plan, "quick"));
    assertEquals(new Refusal.NotForced("slow"), refusal(plan, "reference"));
  }

  @Test
  void anUnknownForcedAlgorithmIsABadArgument() {
    ConvProblem forced = problem(ConvOptions.builder().algorithm("magic"));
    InvalidArgumentException unknown =
        assertThrows(
            InvalidArgumentException.class,
            () -> plan(forced, NO_CAP, FakeAlgorithm.fast("a", 0, 1), FakeAlgorithm.reference()));
    assertEquals("'magic'", unknown.value());
    assertEquals("one of a, reference on fake:0", unknown.expectation());
  }

  @Test
  void aForcedAlgorithmThatCannotSaysWhyAndNoOtherIsTaken() {
    ConvProblem forced = problem(ConvOptions.builder().algorithm("picky"));
    UnsupportedProblemException refused =
        assertThrows(
            UnsupportedProblemException.class,
            () ->
                plan(
                    forced,
                    NO_CAP,
                    FakeAlgorithm.refusing("picky", Refusal.Aspect.GROUPS),
                    FakeAlgorithm.reference()));
    assertTrue(
        refused.getMessage().contains("picky: groups: only other ones"), refused::getMessage);
    assertTrue(!refused.getMessage().contains("was asked for"), refused::getMessage);
  }

  @Test
  void theReferenceLosesWhateverTheModelPredicts() {
    PlanExplanation plan =
        plan(problem(), NO_CAP, FakeAlgorithm.fast("any", 0, 1000), FakeAlgorithm.reference());
    assertEquals("any", plan.algorithm());
    assertEquals(false, plan.reference());
  }

  @Test
  void thePolicyDecidesWhetherTheReferenceRuns() {
    FakeAlgorithm picky = FakeAlgorithm.refusing("picky", Refusal.Aspect.BORDER);
    FakeAlgorithm reference = FakeAlgorithm.reference();
    for (FallbackPolicy policy : new FallbackPolicy[] {FallbackPolicy.WARN, FallbackPolicy.ALLOW}) {
      PlanExplanation plan =
          plan(problem(ConvOptions.builder().fallback(policy)), NO_CAP, picky, reference);
      assertTrue(plan.reference());
      assertEquals("reference", plan.algorithm());
    }
    ConvOptionsBuilder fail = ConvOptions.builder().fallback(FallbackPolicy.FAIL);
    UnsupportedProblemException refused =
        assertThrows(
            UnsupportedProblemException.class, () -> plan(problem(fail), NO_CAP, picky, reference));
    assertTrue(refused.getMessage().contains("only the slow reference takes"), refused::getMessage);
    assertTrue(refused.getMessage().contains("picky: border"), refused::getMessage);
    assertEquals("", refused.explanation().algorithm());
    ConvProblem asked = problem(fail.algorithm("reference"));
    assertTrue(plan(asked, NO_CAP, picky, reference).reference());
  }

  @Test
  void nothingAtAllIsUnsupportedAndListsEveryReason() {
    UnsupportedProblemException refused =
        assertThrows(
            UnsupportedProblemException.class,
            () ->
                plan(
                    problem(),
                    5,
                    FakeAlgorithm.refusing("a", Refusal.Aspect.DTYPE),
                    FakeAlgorithm.fast("b", 6, 1)));
    assertTrue(refused.getMessage().contains("a: dtype: only other ones"), refused::getMessage);
    assertTrue(
        refused.getMessage().contains("b: needs 6 bytes of scratch, allowed are 5"),
        refused::getMessage);
    assertEquals(2, refused.explanation().candidates().size());
  }

  /** {@code quick} for one row, {@code steady} for many: a row must not change its algorithm. */
  @Test
  void aDeterministicPlanIsTheSameForEveryBatch() {
    FakeAlgorithm quick =
        new FakeAlgorithm(
            "quick", false, p -> new Verdict.Yes(0, Math.pow((double) p.convolution().batch(), 2)));
    FakeAlgorithm steady = FakeAlgorithm.fast("steady", 0, 3);
    for (long batch : new long[] {1, 2, 3, 64}) {
      ConvProblem deterministic =
          new ConvProblem(CONVOLUTION.withBatch(batch), ConvOptions.DEFAULT);
      assertEquals("quick", plan(deterministic, NO_CAP, quick, steady).algorithm());
    }
    ConvOptions relaxed = ConvOptions.builder().deterministic(false).build();
    assertEquals(
        "steady",
        plan(new ConvProblem(CONVOLUTION.withBatch(64), relaxed), NO_CAP, quick, steady)
            .algorithm());
  }

  @Test
  void theExplanationReadsAsText() {
    String text =
        plan(
                problem(),
                100,
                FakeAlgorithm.refusing("picky", Refusal.Aspect.INDEX_WIDTH),
                FakeAlgorithm.fast("greedy", 101, 1),
                FakeAlgorithm.fast("quick", 0, 2e-3),
                FakeAlgorithm.reference())
            .toText();
    for (String part :
        List.of(
            "n4c8i16x16k8f3x3p1 FORWARD on fake:0: quick",
            "picky: index width: only other ones",
            "greedy: needs 101 bytes of scratch, allowed are 100",
            "* quick: taken, predicted 2.00 ms",
            "reference: slower",
            "tile = quick 12x2v")) {
      assertTrue(text.contains(part), () -> part + " is missing in\n" + text);
    }
  }
}
