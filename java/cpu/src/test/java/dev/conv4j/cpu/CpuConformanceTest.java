package dev.conv4j.cpu;

import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.testkit.BackendConformance;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Runs once for each vector width, and once without vectors; see the pom. */
@Tag("width")
class CpuConformanceTest extends BackendConformance {

  @BeforeAll
  static void widthExists() {
    int asked = VectorSupport.requestedBits();
    if (VectorSupport.isUsable() && asked != Integer.MAX_VALUE) {
      Assumptions.assumeTrue(
          asked == Lanes.BITS, () -> "this machine's vectors have only " + Lanes.BITS + " bits");
    }
  }

  @Override
  protected BackendProvider provider() {
    return new CpuBackend();
  }

  @Override
  protected String label() {
    return System.getProperty("conv4j.test.label", "cpu");
  }
}
