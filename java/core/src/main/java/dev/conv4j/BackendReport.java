package dev.conv4j;

import dev.conv4j.spi.DeviceInfo;
import java.util.List;

/**
 * A backend as this machine has it.
 *
 * @param backend its name
 * @param devices what it can open, empty when it is absent
 * @param absence one line saying why it is absent, empty when it is present
 * @param warning one line worth reading (a slow mode, a missing flag), or empty
 */
public record BackendReport(
    String backend, List<DeviceInfo> devices, String absence, String warning) {

  /** Copies the list. */
  public BackendReport {
    devices = List.copyOf(devices);
  }
}
