package dev.conv4j.cli.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class VerdictTest {

  private static final Verdict SMALL = Verdict.passed(1e-7);
  private static final Verdict LARGE = Verdict.passed(1e-3);
  private static final Verdict WRONG = Verdict.failed("off", 1e-5);

  @Test
  void aFailureStandsWhateverComesWithIt() {
    assertEquals(WRONG, WRONG.and(LARGE));
    assertEquals(WRONG, LARGE.and(WRONG));
    assertEquals(WRONG, WRONG.and(Verdict.failed("later", 1)));
  }

  @Test
  void ofTwoThatPassedTheLargerErrorCounts() {
    assertEquals(LARGE, SMALL.and(LARGE));
    assertEquals(LARGE, LARGE.and(SMALL));
  }
}
