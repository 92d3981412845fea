package dev.conv4j.opencl;

import dev.conv4j.spi.BackendProvider.Availability;
import java.util.stream.Collectors;

/** Prints what the backend says of this machine, in a JVM whose environment a test has chosen. */
final class ProbeMain {

  private ProbeMain() {}

  public static void main(String[] args) {
    System.out.println(
        switch (new OpenClBackend().probe()) {
          case Availability.Absent(String reason) -> "absent: " + reason;
          case Availability.Present present ->
              present.devices().stream()
                  .map(device -> System.lineSeparator() + device.id() + " " + device.name())
                  .collect(Collectors.joining("", "present: " + present.devices().size(), ""));
        });
  }
}
