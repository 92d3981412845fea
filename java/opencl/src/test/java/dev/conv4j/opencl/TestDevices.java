package dev.conv4j.opencl;

import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.spi.BackendProvider.Availability;
import dev.conv4j.testkit.Required;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  /** Returns the first device as if it had these extensions besides its own. */
  static DeviceDescription pretending(String... extensions) {
    DeviceDescription d = Platforms.devices().getFirst();
    Set<String> all = new HashSet<>(d.extensions());
    all.addAll(List.of(extensions));
    return new DeviceDescription(
        d.platform(),
        d.id(),
        d.info(),
        d.cpu(),
        all,
        d.maxAllocation(),
        d.maxWorkGroup(),
        d.localBytes(),
        d.baseAlignment());
  }
}
