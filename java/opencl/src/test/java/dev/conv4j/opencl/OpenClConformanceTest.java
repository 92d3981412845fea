package dev.conv4j.opencl;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.BackendConformance;

class OpenClConformanceTest extends BackendConformance {

  @Override
  protected BackendProvider provider() {
    return new OpenClBackend();
  }
}
