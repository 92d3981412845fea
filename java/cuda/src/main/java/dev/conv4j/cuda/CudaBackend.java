package dev.conv4j.cuda;

import dev.conv4j.DeviceFailureException;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceSettings;
import dev.conv4j.spi.kernels.CacheDirectory;
import java.util.List;

/**
 * The entrance: named {@code cuda}, preferred to every other backend. Until the driver library has
 * been seen to answer, no class of JCuda is touched; what is missing is one line.
 */
public final class CudaBackend implements BackendProvider {

  /** Made by {@link java.util.ServiceLoader}; touches nothing. */
  public CudaBackend() {}

  @Override
  public String name() {
    return "cuda";
  }

  /** Returns 100: before OpenCL, which drives the same GPUs without tensor cores. */
  @Override
  public int priority() {
    return 100;
  }

  @Override
  public Availability probe() {
    return Gpus.availability();
  }

  @Override
  public Device open(int index, DeviceSettings settings) {
    List<Gpu> gpus = Gpus.all();
    if (index < 0 || index >= gpus.size()) {
      throw new DeviceFailureException(
          "cuda:" + index + " does not exist; there are " + gpus.size() + " devices");
    }
    return new CudaDevice(gpus.get(index), Gpus.kernels(), CacheDirectory.open());
  }
}
