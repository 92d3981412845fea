package dev.conv4j.testkit;

import dev.conv4j.Convolution;
import dev.conv4j.spi.BackendProvider;
import java.util.List;

class ScatterConformanceTest extends BackendConformance {
  @Override
  protected BackendProvider provider() {
    return new ScatterBackend();
  }

  @Override
  protected List<Convolution> corpus() {
    return Problems.small();
  }
}
