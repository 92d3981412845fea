package dev.conv4j.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

  @TempDir Path folder;

  @Test
  void anotherProcessGoesOnBehindTheItemThatTookTheFirstDown() {
    Journal first = new Journal(folder);
    first.begin("one");
    first.add(Map.of("key", "one", "p50_ms", 1.5));
    first.begin("two");

    Journal second = new Journal(folder);
    assertTrue(second.has("one"));
    assertTrue(second.has("two"));
    assertFalse(second.has("three"));
    Map<String, Object> broken = second.get("two");
    assertNotNull(broken);
    assertEquals(false, broken.get("verified"));
    assertEquals(1, second.with("p50_ms").size());
    assertEquals(List.of(broken), new Journal(folder).with("verified"));
  }

  @Test
  void anItemThatEndedIsNoneThatBroke() {
    Journal first = new Journal(folder);
    first.begin("one");
    first.add(Map.of("key", "one", "verified", true));
    assertEquals(true, new Journal(folder).with("verified").getFirst().get("verified"));
  }
}
