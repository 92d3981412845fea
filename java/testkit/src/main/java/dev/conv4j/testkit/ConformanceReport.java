package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.conv4j.spi.Algorithm;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/** A tally as nodes of the test report: a container for each algorithm, a test for each group. */
final class ConformanceReport {

  private ConformanceReport() {}

  static Stream<DynamicNode> nodes(
      List<? extends Algorithm<?, ?>> algorithms, Tally tally, int leastProblems) {
    return algorithms.stream()
        .map(algorithm ->
            dynamicContainer(
                algorithm.id() + ": " + tally.validations(algorithm.id()) + " validations",
                Stream.concat(
                    Stream.of(notVacuous(algorithm.id(), tally, leastProblems)),
                    tally.groups(algorithm.id()).entrySet().stream()
                        .map(entry -> verdict(entry.getKey(), entry.getValue())))));
  }

  private static DynamicTest notVacuous(String algorithm, Tally tally, int least) {
    boolean narrowed =
        System.getProperty("conv4j.test.algorithm") != null
            || System.getProperty("conv4j.test.problem") != null;
    return dynamicTest(
        "is exercised",
        () ->
            assertTrue(
                narrowed || tally.validations(algorithm) >= least,
                () ->
                    algorithm
                        + " was compared "
                        + tally.validations(algorithm)
                        + " times, at least "
                        + least
                        + " are needed: the corpus has too few problems it takes"));
  }

  private static DynamicTest verdict(String group, Tally.Cell cell) {
    return dynamicTest(
        group + ": " + cell.passed() + " passed, " + cell.refused() + " refused",
        () -> {
          if (cell.failed() > 0) {
            fail(
                cell.failed()
                    + " of "
                    + (cell.passed() + cell.failed())
                    + " failed, the first:\n  "
                    + String.join("\n  ", cell.failures()));
          }
          if (cell.passed() == 0) {
            throw new TestAbortedException("all refused, the first: " + cell.firstRefusal());
          }
        });
  }
}
