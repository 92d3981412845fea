package dev.conv4j.cli.fake;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;

/** A backend whose driver this machine does not have. */
public final class AbsentBackend implements BackendProvider {

  @Override
  public String name() {
    return "ghost";
  }

  @Override
  public int priority() {
    return -20;
  }

  @Override
  public Availability probe() {
    return new Availability.Absent("libghost.so.1 is not installed");
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    throw new AssertionError("an absent backend is never opened");
  }
}
