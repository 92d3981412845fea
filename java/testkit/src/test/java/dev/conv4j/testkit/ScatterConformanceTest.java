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

  @Override
  protected int randomProblems() {
    return 40;
  }

  @Override
  protected List<Convolution> layers() {
    return Problems.parse("n1c16i56x55k17f3x3p1".lines());
  }
}
