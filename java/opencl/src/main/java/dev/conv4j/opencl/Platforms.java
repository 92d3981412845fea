package dev.conv4j.opencl;

import dev.conv4j.Conv4jException;
import dev.conv4j.DeviceFailureException;
import dev.conv4j.spi.BackendProvider.Availability;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** All devices of all platforms, looked up once. The only door to JOCL. */
final class Platforms {

  private record Found(List<DeviceDescription> devices, String reason) {}

  private static @Nullable Found found;

  private Platforms() {}

  static Availability availability() {
    Found now = found();
    if (now.devices.isEmpty()) {
      return new Availability.Absent(now.reason);
    }
    return new Availability.Present(
        now.devices.stream().map(DeviceDescription::info).toList(), now.reason);
  }

  static List<DeviceDescription> devices() {
    Found now = found();
    if (now.devices.isEmpty()) {
      throw new DeviceFailureException("no OpenCL device: " + now.reason);
    }
    return now.devices;
  }

  private static synchronized Found found() {
    Found known = found;
    if (known == null) {
      known = look();
      found = known;
    }
    return known;
  }

  private static Found look() {
    Optional<String> absence = LoaderProbe.reasonForAbsence();
    if (absence.isPresent()) {
      return new Found(List.of(), absence.get());
    }
    try {
      JoclLibrary.load();
      List<DeviceDescription> devices = DeviceDescription.all();
      return new Found(devices, devices.isEmpty() ? "no OpenCL device is available" : "");
    } catch (LinkageError | IOException | ClassNotFoundException broken) {
      return new Found(List.of(), "JOCL does not load: " + firstLine(broken));
    } catch (Conv4jException refused) {
      return new Found(List.of(), firstLine(refused));
    }
  }

  private static String firstLine(Throwable problem) {
    return String.valueOf(problem.getMessage()).lines().findFirst().orElse(problem.toString());
  }
}
