package dev.conv4j.cuda;

import dev.conv4j.Convolution;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.testkit.BackendConformance;
import dev.conv4j.testkit.Problems;
import java.util.List;

class CudaConformanceTest extends BackendConformance {

  @Override
  protected BackendProvider provider() {
    return new CudaBackend();
  }

  @Override
  protected List<Integer> devices(List<DeviceInfo> found) {
    return List.of(0);
  }

  @Override
  protected List<Convolution> corpus() {
    return Problems.small();
  }
}
