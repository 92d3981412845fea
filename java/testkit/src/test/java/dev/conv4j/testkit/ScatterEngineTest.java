package dev.conv4j.testkit;

import dev.conv4j.spi.BackendProvider;

class ScatterEngineTest extends EngineConformance {
  @Override
  protected BackendProvider provider() {
    return new ScatterBackend();
  }
}
