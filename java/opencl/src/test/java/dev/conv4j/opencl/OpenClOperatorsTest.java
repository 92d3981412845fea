package dev.conv4j.opencl;

import dev.conv4j.testkit.OperatorConformance;
import org.junit.jupiter.api.BeforeAll;

class OpenClOperatorsTest extends OperatorConformance {

  @BeforeAll
  static void deviceIsThere() {
    TestDevices.assumePresent();
  }

  @Override
  protected String device() {
    return "opencl:0";
  }
}
