package dev.conv4j.cpu;

import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.EngineConformance;

class CpuEngineTest extends EngineConformance {
  @Override
  protected BackendProvider provider() {
    return new CpuBackend();
  }
}
