package dev.conv4j.opencl;

import dev.conv4j.DeviceFailureException;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;
import java.util.List;

/**
 * The entrance: named {@code opencl}, preferred to the CPU backend where there is a GPU. Until the
 * loader library has been seen to answer, no class of JOCL is touched; what is missing is one line.
 */
public final class OpenClBackend implements BackendProvider {

  /** Made by {@link java.util.ServiceLoader}; touches nothing. */
  public OpenClBackend() {}

  @Override
  public String name() {
    return "opencl";
  }

  /**
   * Returns 50, below CUDA and above the CPU backend, where there is a GPU; below the CPU backend
   * where OpenCL has only the CPU to offer.
   */
  @Override
  public int priority() {
    boolean graphics =
        probe() instanceof Availability.Present present
            && !"cpu".equals(present.devices().getFirst().properties().get("type"));
    return graphics ? 50 : -1;
  }

  @Override
  public Availability probe() {
    return Platforms.availability();
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    List<DeviceDescription> devices = Platforms.devices();
    if (index < 0 || index >= devices.size()) {
      throw new DeviceFailureException(
          "opencl:" + index + " does not exist; there are " + devices.size() + " devices");
    }
    return new OpenClDevice(devices.get(index));
  }
}
