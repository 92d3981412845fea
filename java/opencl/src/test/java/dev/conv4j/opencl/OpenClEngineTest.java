package dev.conv4j.opencl;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.EngineConformance;

class OpenClEngineTest extends EngineConformance {
  @Override
  protected BackendProvider provider() {
    return new OpenClBackend();
  }
}
