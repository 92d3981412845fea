package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.Convolution;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every planted mistake turns the suite red, and only the planted one does. */
class SuiteBitesTest {

  private static final List<Convolution> PROBLEMS = Problems.small();

  /** Runs until something fails. */
  private static Tally tallyOf(Fault fault) {
    Tally tally = new Tally();
    try (Device device = new ScatterBackend(fault).open(0, DeviceSettings.DEFAULT)) {
      Campaign campaign = new Campaign(device, tally, 256);
      new BatchRows(device, tally, 256).run(PROBLEMS, 1);
      for (int i = 0; i < PROBLEMS.size(); i++) {
        for (Recipe recipe : Recipe.of(PROBLEMS.get(i), i)) {
          if (tally.failures() == 0) {
            campaign.run(PROBLEMS.get(i), recipe, 1);
          }
        }
      }
    }
    return tally;
  }

  @ParameterizedTest
  @EnumSource(value = Fault.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedFaultIsFound(Fault fault) {
    Tally tally = tallyOf(fault);
    assertTrue(tally.failures() > 0, () -> fault + " went unnoticed in " + tally.summary());
    tally
        .groups("scatter-reference")
        .forEach((group, cell) -> assertEquals(0, cell.failed(), () -> "reference: " + group));
  }

  @Test
  void withoutAFaultNothingIsFound() {
    Tally tally = tallyOf(Fault.NONE);
    assertEquals(0, tally.failures(), tally::firstFailures);
    assertTrue(tally.validations() > 2000, tally::summary);
  }

  @Test
  void aFailureNamesWhatRepeatsIt() {
    String message = tallyOf(Fault.WRONG_PADDING).firstFailures();
    for (String part : List.of("algorithm=scatter", "problem=n", "FORWARD", "NCHW/NCHW", "seed=")) {
      assertTrue(message.contains(part), () -> part + " is missing in " + message);
    }
  }

  @Test
  void theAdjointnessTestNeedsNoOracleToFindAWrongBorder() {
    Tally tally = new Tally();
    try (Device device =
        new ScatterBackend(Fault.BORDER_NOT_FOLDED).open(0, DeviceSettings.DEFAULT)) {
      new Adjointness(device, tally, 256).run(Problems.small(), 1);
    }
    assertTrue(tally.groups("scatter").get("adjointness").failed() > 0, tally::summary);
  }

  @Test
  void aRandomFailureIsMadeSmallAndNamesItsSeed() {
    try (Device device =
        new ScatterBackend(Fault.IGNORES_DILATION).open(0, DeviceSettings.DEFAULT)) {
      String failure =
          new RandomCampaign(device, new Tally(), 256, 7).run(500, Duration.ofMinutes(1));
      assertNotNull(failure);
      assertTrue(failure.startsWith("-Dconv4j.test.seed=7 drew n"), failure);
      String small = failure.replaceAll("(?s).*fails also as (\\S+):.*", "$1");
      assertTrue(Convolution.parse(small).flops() <= 32, failure);
      assertFalse(Convolution.parse(small).dilation().equals(dev.conv4j.Axes.ONES), failure);
    }
  }
}
