package dev.conv4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceAbsentException;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.spi.BackendProvider;
import dev.conv4j.spi.Device;
import dev.conv4j.spi.DeviceInfo;
import dev.conv4j.spi.DeviceSettings;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How the spelling of a device is resolved. */
class BackendsTest {

  /** A backend that must not be asked for more than its name. */
  private record Slow(String name) implements BackendProvider {
    @Override
    public int priority() {
      throw new AssertionError(name + " was asked for its priority");
    }

    @Override
    public Availability probe() {
      throw new AssertionError(name + " was probed");
    }

    @Override
    public Device open(int index, DeviceSettings settings) {
      throw new AssertionError(name + " was opened");
    }
  }

  private record Quick(String name) implements BackendProvider {
    @Override
    public int priority() {
      return 0;
    }

    @Override
    public Availability probe() {
      return new Availability.Present(
          List.of(new DeviceInfo(name, 0, name, "none", 0, 1, Map.of())), "");
    }

    @Override
    public Device open(int index, DeviceSettings settings) {
      throw new UnsupportedOperationException();
    }
  }

  private static final List<BackendProvider> PROVIDERS =
      List.of(new Slow("gpu"), new Quick("quick"), new Slow("other"));

  @Test
  void namedBackendIsTheOnlyOneAsked() {
    assertEquals("quick", Backends.named("quick:0", PROVIDERS).provider().name());
  }

  @Test
  void wrongNamesAndNumbersAreSaid() {
    assertThrows(DeviceAbsentException.class, () -> Backends.named("quick:1", PROVIDERS));
    assertThrows(DeviceAbsentException.class, () -> Backends.named("cuda", PROVIDERS));
    var misspelt =
        assertThrows(InvalidArgumentException.class, () -> Backends.named("quik", PROVIDERS));
    assertTrue(String.valueOf(misspelt.getMessage()).contains("gpu, quick, other"));
  }
}
