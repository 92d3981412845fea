package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.testkit.Required;
import org.junit.jupiter.api.Assumptions;

/** Skips with the reason where there is no device, or fails where one is demanded. */
final class TestDevices {

  private TestDevices() {}

  static void assumePresent() {
    if (new OpenClBackend().probe() instanceof Availability.Absent(String reason)) {
      if (Required.backends().contains("opencl")) {
        fail("opencl is required and absent: " + reason);
      }
      Assumptions.abort("opencl is absent: " + reason);
    }
  }
}
