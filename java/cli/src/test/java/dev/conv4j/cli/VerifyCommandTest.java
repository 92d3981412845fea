package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.cli.check.Case;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyCommandTest {

  @Test
  void countsWhatPassedFailedAndWasNotTaken() {
    CommandLineRun run =
        CommandLineRun.of("verify", "--device", "fake", "--problem", "n1c2i5x5k3f3x3p1");
    assertEquals(1, run.code());
    // Three directions: the reference takes all, plain and three flawed ones take one.
    assertEquals("4 passed, 3 failed, 8 skipped", run.lastLine());
    assertTrue(run.out().contains("fake:0  plain           1       0        2"), run.out());
    assertTrue(
        run.out()
            .contains(
                "FAILED conv4j verify --device fake:0 --algorithm wrong --problem"
                    + " 'n1c2i5x5k3f3x3p1 forward'"),
        run.out());
  }

  @ParameterizedTest
  @CsvSource({"wrong, element 74 is", "lazy, element 74 is NaN", "sloppy, element 74 is"})
  void everyFlawIsFoundOnIntegers(String algorithm, String hint) {
    CommandLineRun run =
        CommandLineRun.of(
            "verify",
            "--device",
            "fake",
            "--algorithm",
            algorithm,
            "--problem",
            "n1c4i5x5k3f3x3p1 bias");
    assertEquals(1, run.code());
    assertEquals("0 passed, 1 failed, 0 skipped", run.lastLine());
    assertTrue(run.out().contains(hint), run.out());
  }

  @Test
  void passesWhenAllAgree() {
    CommandLineRun run =
        CommandLineRun.of(
            "verify",
            "--device",
            "fake",
            "--algorithm",
            "plain,reference",
            "--problem",
            "n1c4i5x5k3f3x3p1 bias residual relu",
            "--problem",
            "n2c4i6k4f3g2 nhwc f64 bias hard-swish flipped");
    assertEquals(0, run.code(), run.out());
    assertEquals("3 passed, 0 failed, 1 skipped", run.lastLine());
  }

  @Test
  void nothingThatRanIsAFailure() {
    CommandLineRun run =
        CommandLineRun.of(
            "verify",
            "--device",
            "fake",
            "--algorithm",
            "plain",
            "--problem",
            "n1c1i4k1f1 backward-data");
    assertEquals(1, run.code());
    assertEquals("0 passed, 0 failed, 1 skipped", run.lastLine());
  }

  @Test
  void jsonHasARowForEachAlgorithmAndProblem() {
    CommandLineRun run =
        CommandLineRun.of(
            "verify", "--device", "fake", "--problem", "n1c1i4k1f1 forward", "--json", "-");
    Map<String, Object> document = run.json();
    assertEquals(2, document.get("passed"));
    assertEquals(3, document.get("failed"));
    assertEquals(0, document.get("skipped"));
    List<?> rows = (List<?>) document.get("rows");
    assertEquals(5, rows.size());
    Map<?, ?> wrong = (Map<?, ?>) rows.get(1);
    assertEquals("failed", wrong.get("status"));
    assertEquals(1.0, (Double) wrong.get("max_error"), 1e-6);
  }

  @Test
  void unknownWordsAreNamed() {
    CommandLineRun run = CommandLineRun.of("verify", "--problem", "n1c1i4k1f1 sideways");
    assertEquals(2, run.code());
    assertTrue(run.err().contains("'sideways'"), run.err());
  }

  @Test
  void theBuiltInListCoversEveryDirectionBorderAndType() {
    List<Case> cases = Case.of(Problems.resource("problems/verify.txt"));
    assertTrue(cases.size() > 900, cases.size() + " cases");
    assertEquals(3, cases.stream().map(one -> one.options().direction()).distinct().count());
    assertEquals(4, cases.stream().map(one -> one.problem().border()).distinct().count());
    assertEquals(3, cases.stream().map(one -> one.problem().rank()).distinct().count());
    assertEquals(6, cases.stream().map(one -> one.options().inputType()).distinct().count());
    assertEquals(cases.size(), cases.stream().map(Case::toString).distinct().count());
  }
}
