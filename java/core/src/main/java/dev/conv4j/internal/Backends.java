package dev.conv4j.internal;

import dev.conv4j.BackendReport;
import dev.conv4j.DeviceAbsentException;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.BackendProvider.Availability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds backends and resolves the spelling of a device. */
public final class Backends {

  /** Backends of this project: asking for one that was left out is no misspelling. */
  private static final Set<String> OWN = Set.of("cpu", "opencl", "cuda");

  /**
   * A device that exists.
   *
   * @param provider its backend
   * @param index its place there
   */
  public record Found(BackendProvider provider, int index) {}

  private Backends() {}

  /**
   * Returns every backend with its devices or the reason why it is absent, preferred ones first.
   */
  public static List<BackendReport> report() {
    List<BackendReport> reports = new ArrayList<>();
    for (BackendProvider provider : providers()) {
      reports.add(
          switch (provider.probe()) {
            case Availability.Present(var devices, String warning) ->
                new BackendReport(provider.name(), devices, "", warning);
            case Availability.Absent(String reason) ->
                new BackendReport(provider.name(), List.of(), reason, "");
          });
    }
    return reports;
  }

  /**
   * Resolves {@code backend} or {@code backend:index}; null or empty takes the preferred usable
   * device.
   *
   * @throws DeviceAbsentException if this machine does not have it
   * @throws InvalidArgumentException if no backend has that name
   */
  public static Found find(@Nullable String device) {
    return device == null || device.isBlank() ? best() : named(device.strip(), loaded());
  }

  private static Found best() {
    StringBuilder reasons = new StringBuilder();
    for (BackendProvider provider : providers()) {
      switch (provider.probe()) {
        case Availability.Present present -> {
          return new Found(provider, 0);
        }
        case Availability.Absent(String reason) ->
            reasons
                .append(reasons.isEmpty() ? "" : "; ")
                .append(provider.name())
                .append(": ")
                .append(reason);
      }
    }
    throw new DeviceAbsentException(
        "(any)", reasons.isEmpty() ? "no backend is on the class path" : reasons.toString());
  }

  /** Asks no other backend for anything but its name: a GPU's libraries take long to load. */
  static Found named(String device, List<BackendProvider> providers) {
    int colon = device.indexOf(':');
    String name = colon < 0 ? device : device.substring(0, colon);
    int index = colon < 0 ? 0 : index(device, device.substring(colon + 1));
    List<String> known = new ArrayList<>();
    for (BackendProvider provider : providers) {
      known.add(provider.name());
      if (provider.name().equals(name)) {
        return switch (provider.probe()) {
          case Availability.Absent(String reason) ->
              throw new DeviceAbsentException(device, reason);
          case Availability.Present(var devices, var warning) when index >= devices.size() ->
              throw new DeviceAbsentException(
                  device, name + " has " + devices.size() + " device(s), numbered from 0");
          case Availability.Present present -> new Found(provider, index);
        };
      }
    }
    if (OWN.contains(name)) {
      throw new DeviceAbsentException(device, "conv4j-" + name + " is not on the class path");
    }
    throw new InvalidArgumentException(
        "device",
        "'" + device + "'",
        "one of " + String.join(", ", known) + ", or such a name with :0, :1, ...");
  }

  private static int index(String device, String digits) {
    try {
      int value = Integer.parseInt(digits);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException malformed) {
      // Reported below, with the whole spelling.
    }
    throw new InvalidArgumentException(
        "device", "'" + device + "'", "a number from 0 behind the colon");
  }

  private static List<BackendProvider> providers() {
    List<BackendProvider> found = loaded();
    found.sort(Comparator.comparingInt(BackendProvider::priority).reversed());
    return found;
  }

  private static List<BackendProvider> loaded() {
    List<BackendProvider> found = new ArrayList<>();
    ServiceLoader.load(BackendProvider.class).forEach(found::add);
    if (found.isEmpty()) {
      // A context class loader that cannot see the library: containers, plug-in hosts.
      ServiceLoader.load(BackendProvider.class, BackendProvider.class.getClassLoader())
          .forEach(found::add);
    }
    return found;
  }
}
