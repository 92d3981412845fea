package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.MemoryResource;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Poisoning and fault injection. */
class TestToolsTest {

  private final HostMemory host = new HostMemory(1 << 20);

  private static MemorySegment bytes(Allocation allocation) {
    return allocation.block().hostMemory();
  }

  @Test
  void freshBlocksAreNotANumberInEveryType() {
    try (Poison poison = new Poison(host)) {
      Allocation fresh = poison.allocate(40, "fresh");
      assertEquals(40, fresh.block().bytes());
      assertTrue(Float.isNaN(bytes(fresh).get(ValueLayout.JAVA_FLOAT, 36)));
      assertTrue(Double.isNaN(bytes(fresh).get(ValueLayout.JAVA_DOUBLE, 32)));
      assertTrue(Float.isNaN(Float.float16ToFloat(bytes(fresh).get(ValueLayout.JAVA_SHORT, 38))));
      poison.deallocate(fresh);
    }
    assertEquals(0, host.used());
  }

  @Test
  void deadBlocksAreFilledBeforeTheyAreGivenBack() {
    byte[] last = new byte[1];
    MemoryAdaptor watching =
        new MemoryAdaptor(host) {
          @Override
          public void deallocate(Allocation allocation) {
            last[0] = bytes(allocation).get(ValueLayout.JAVA_BYTE, 256);
            super.deallocate(allocation);
          }
        };
    Poison poison = new Poison(watching);
    poison.deallocate(poison.allocate(1, "dead"));
    assertEquals(Poison.DEAD, last[0]);
  }

  @ParameterizedTest
  @CsvSource({
    "100, 100, 'byte 100'", // the byte behind, within the same alignment unit
    "100, 127, 'byte 127'",
    "128, 128, 'byte 128'",
    "100, 383, 'byte 383'", // the last guarded one: 128 + 256 - 1
    "100, -1, 'byte -1'",
    "100, -256, 'byte -256'"
  })
  @SuppressWarnings("restricted") // Writing outside of a segment is the point.
  void writeOutsideIsFoundAndLocated(long size, long at, String where) {
    Poison poison = new Poison(host);
    Allocation block = poison.allocate(size, "scratch");
    MemorySegment whole =
        MemorySegment.ofAddress(bytes(block).address() - 256).reinterpret(256 + 128 + 256);
    whole.set(ValueLayout.JAVA_BYTE, 256 + at, (byte) 0);
    var found = assertThrows(IllegalStateException.class, poison::verify);
    assertTrue(found.getMessage().contains(where + " of a block of " + size), found::getMessage);
    assertTrue(found.getMessage().contains("scratch"), found::getMessage);
    assertThrows(IllegalStateException.class, () -> poison.deallocate(block));
    assertEquals(0, host.used(), "taken back all the same");
    poison.close();
  }

  @Test
  void writingEveryByteOfTheBlockIsFine() {
    try (Poison poison = new Poison(host, 1)) {
      for (long size = 1; size < 200; size++) {
        Allocation block = poison.allocate(size, "block");
        bytes(block).fill((byte) 0);
        poison.verify();
        poison.deallocate(block);
      }
    }
  }

  @Test
  @SuppressWarnings("restricted") // Writing outside of a segment is the point.
  void closingChecksWhatIsStillLive() {
    Poison poison = new Poison(host);
    Block block = poison.allocate(64, "live").block();
    block.hostMemory().reinterpret(65).set(ValueLayout.JAVA_BYTE, 64, (byte) 1);
    assertThrows(IllegalStateException.class, poison::close);
    assertEquals(1, host.closes());
  }

  @Test
  void deadBlockIsNotTakenTwice() {
    Poison poison = new Poison(host, 0);
    Allocation once = poison.allocate(64, "once");
    poison.deallocate(once);
    assertThrows(IllegalStateException.class, () -> poison.deallocate(once));
  }

  private static List<Integer> failures(MemoryResource resource, int requests, long bytes) {
    List<Integer> failed = new ArrayList<>();
    for (int i = 1; i <= requests; i++) {
      try {
        resource.deallocate(resource.allocate(bytes, "any"));
      } catch (DeviceOutOfMemoryException full) {
        failed.add(i);
      }
    }
    return failed;
  }

  @Test
  void chosenRequestFails() {
    assertEquals(List.of(3), failures(FaultInjection.atRequest(3).apply(host), 10, 8));
  }

  @Test
  void requestsAboveASizeFail() {
    MemoryResource faulty = FaultInjection.above(64).apply(host);
    assertEquals(List.of(), failures(faulty, 3, 64));
    assertEquals(List.of(1, 2), failures(faulty, 2, 65));
    assertEquals(2, ((FaultInjection) faulty).faults());
  }

  @Test
  void sameSeedFailsTheSameRequests() {
    List<Integer> first = failures(FaultInjection.randomly(7, 0.3).apply(host), 1000, 8);
    assertEquals(first, failures(FaultInjection.randomly(7, 0.3).apply(host), 1000, 8));
    assertTrue(first.size() > 230 && first.size() < 370, "a share of 0.3, not " + first.size());
    assertTrue(
        !first.equals(failures(FaultInjection.randomly(8, 0.3).apply(host), 1000, 8)),
        "another seed, other requests");
  }
}
