package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** For tests that run on the emulator: it must find nothing wrong meanwhile. */
final class NothingIsFound implements BeforeEachCallback, AfterEachCallback {

  @Override
  public void beforeEach(ExtensionContext context) {
    Emulator.demand();
    Emulator.findings();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    assertEquals("", Emulator.findings());
  }
}
