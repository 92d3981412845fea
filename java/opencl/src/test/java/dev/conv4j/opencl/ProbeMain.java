package dev.conv4j.opencl;

import dev.conv4j.spi.BackendProvider.Availability;

/** Prints what the backend says of this machine, in a JVM whose environment a test has chosen. */
final class ProbeMain {

  private ProbeMain() {}

  public static void main(String[] args) {
    System.out.println(
        switch (new OpenClBackend().probe()) {
          case Availability.Absent(String reason) -> "absent: " + reason;
          case Availability.Present present -> "present: " + present.devices().size();
        });
  }
}
