package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.testkit.OperatorConformance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class CudaOperatorsTest extends OperatorConformance {

  @BeforeEach
  void emulator() {
    Emulator.demand();
    Emulator.findings();
  }

  @AfterEach
  void nothingIsFound() {
    assertEquals("", Emulator.findings());
  }

  @Override
  protected String device() {
    return "cuda:0";
  }
}
