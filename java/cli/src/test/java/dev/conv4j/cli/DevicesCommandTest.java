package dev.conv4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DevicesCommandTest {

  @Test
  void showsWhatIsThereAndWhyTheRestIsNot() {
    CommandLineRun run = CommandLineRun.of("devices");
    assertEquals(0, run.code());
    assertTrue(run.out().contains("fake:0  Slow Motion 3000"), run.out());
    assertTrue(run.out().contains("    memory           3.0 GiB"), run.out());
    assertTrue(run.out().contains("    mood             calm"), run.out());
    assertTrue(run.out().contains("  warning: for tests"), run.out());
    assertTrue(run.out().contains("ghost  absent: libghost.so.1 is not installed"), run.out());
  }

  @Test
  void saysTheSameToPrograms() {
    CommandLineRun run = CommandLineRun.of("devices", "--json");
    assertEquals(0, run.code());
    Map<?, ?> fake = backend(run, "fake");
    assertEquals(true, fake.get("present"));
    assertEquals(
        List.of(
            Map.of(
                "id",
                "fake:0",
                "name",
                "Slow Motion 3000",
                "driver",
                "fake 1.0",
                "memory_bytes",
                3L << 30,
                "compute_units",
                2,
                "properties",
                Map.of("mood", "calm"))),
        fake.get("devices"));
    Map<?, ?> ghost = backend(run, "ghost");
    assertEquals(false, ghost.get("present"));
    assertEquals("libghost.so.1 is not installed", ghost.get("absence"));
  }

  private static Map<?, ?> backend(CommandLineRun run, String name) {
    return ((List<?>) run.json().get("backends"))
        .stream()
            .map(entry -> (Map<?, ?>) entry)
            .filter(entry -> name.equals(entry.get("backend")))
            .findFirst()
            .orElseThrow();
  }
}
