package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceOutOfMemoryException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryEventsTest {

  @Test
  void recordingShowsTheLifeOfAPool(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("pool.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      SimulatedMemory device = new SimulatedMemory(64, 1L << 40);
      MemoryPool pool =
          new MemoryPool("simulated:0", new MemoryBudget("d", device, 10 << 20), () -> {});
      pool.deallocate(pool.allocate(4 << 20, "tensor"));
      pool.deallocate(pool.allocate(4 << 20, "served by the pool: no event"));
      pool.allocate(3 << 20, "filter");
      pool.trim();
      assertThrows(DeviceOutOfMemoryException.class, () -> pool.allocate(8 << 20, "too large"));
      LeakDetector detector = new LeakDetector(LeakLevel.PARANOID);
      detector.watch(new Object(), "forgotten tensor", 77, () -> {});
      assertTrue(detector.collect());
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events =
        RecordingFile.readAllEvents(file).stream()
            .filter(event -> event.getEventType().getName().startsWith("conv4j."))
            .toList();
    assertEquals(
        List.of(
            "conv4j.DeviceAllocation",
            "conv4j.DeviceAllocation",
            "conv4j.MemoryTrim",
            "conv4j.OutOfMemory",
            "conv4j.Leak"),
        events.stream().map(event -> event.getEventType().getName()).toList());
    RecordedEvent filter = events.get(1);
    assertEquals(List.of("conv4j", "Memory"), filter.getEventType().getCategoryNames());
    assertEquals("filter", filter.getString("owner"));
    assertEquals("simulated:0", filter.getString("device"));
    assertEquals(3 << 20, filter.getLong("bytes"));
    assertEquals(7 << 20, filter.getLong("reserved"));
    assertEquals(3 << 20, filter.getLong("inUse"));
    assertEquals(1 / 3.0, filter.getDouble("hitRate"));
    assertEquals(4 << 20, events.get(2).getLong("bytes"));
    assertEquals(1, events.get(2).getInt("blocks"));
    assertEquals(8 << 20, events.get(3).getLong("requested"));
    assertEquals(7 << 20, events.get(3).getLong("free"));
    assertEquals("filter", events.get(3).getString("topOwner"));
    assertEquals("forgotten tensor", events.get(4).getString("handle"));
    assertEquals(77, events.get(4).getLong("bytes"));
    assertTrue(events.get(4).getString("site").startsWith("\tat "));
  }
}
