package dev.conv4j.cli.fake;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.DeviceSettings;
import java.util.List;
import java.util.Map;

/** A backend with one device that computes slowly, in the heap, and wrongly on request. */
public final class FakeBackend implements BackendProvider {

  /** What {@code devices} shows of it. */
  static final DeviceInfo INFO =
      new DeviceInfo(
          "fake", 0, "Slow Motion 3000", "fake 1.0", 3L << 30, 2, Map.of("mood", "calm"));

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public int priority() {
    return -10;
  }

  @Override
  public Availability probe() {
    return new Availability.Present(List.of(INFO), "for tests");
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    return new FakeDevice();
  }
}
