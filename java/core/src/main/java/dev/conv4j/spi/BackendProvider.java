package dev.conv4j.spi;

import java.util.List;

/**
 * The entrance to a backend, found with {@link java.util.ServiceLoader}. Constructing it must touch
 * nothing that can be missing on a machine. Thread-safe.
 */
public interface BackendProvider {

  /**
   * Returns the backend's name as devices are spelled: {@code cpu}, {@code opencl}, {@code cuda}.
   */
  String name();

  /**
   * Returns the preference when the caller names no device; the largest usable one wins. CPU is 0.
   */
  int priority();

  /**
   * Looks for devices. Never throws because something is missing, and is quick when asked again.
   */
  Availability probe();

  /**
   * Opens a device.
   *
   * @param index the device's place in {@link Availability.Present#devices()}
   * @param settings threads and the like
   * @throws dev.conv4j.DeviceFailureException if the driver refuses
   */
  Device open(int index, DeviceSettings settings);

  /** Whether a backend can be used on this machine. */
  sealed interface Availability {

    /**
     * It can.
     *
     * @param devices in the order of their index, at least one
     * @param warning one line the user should read (a slow mode, a missing flag), or empty
     */
    record Present(List<DeviceInfo> devices, String warning) implements Availability {

      /** Copies the list. */
      public Present {
        devices = List.copyOf(devices);
      }
    }

    /**
     * It cannot.
     *
     * @param reason one line
     */
    record Absent(String reason) implements Availability {}
  }
}
