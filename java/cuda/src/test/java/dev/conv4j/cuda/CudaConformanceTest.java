package dev.conv4j.cuda;

import dev.conv4j.Convolution;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.testkit.BackendConformance;
import dev.conv4j.testkit.Problems;
import java.util.List;
import java.util.stream.Stream;

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

  /** Sizes of several tiles; the suites' own would take the emulator minutes each. */
  @Override
  protected List<Convolution> layers() {
    return Stream.of("n1c64i14x14k96f3x3p1", "n1c3i40x40k64f7x7s2p3", "n1c96i16x16k40f1x1")
        .map(Convolution::parse)
        .toList();
  }

  @Override
  protected int randomProblems() {
    return 60;
  }
}
