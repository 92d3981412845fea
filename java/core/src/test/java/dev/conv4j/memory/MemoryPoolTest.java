package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ClosedException;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.DeviceOutOfMemoryException.Owner;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.memory.SimulatedMemory.Range;
import dev.conv4j.spi.Allocation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPoolTest {

  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  private final SimulatedMemory device = new SimulatedMemory(64, 1L << 40);
  private final MemoryPool pool = new MemoryPool("simulated:0", device);

  private static Range range(Allocation allocation) {
    return SimulatedMemory.range(allocation);
  }

  @Test
  void blockIsReusedAfterBeingGivenBack() {
    for (long bytes : new long[] {1, 64, 5000, 256 * KIB, 3 * MIB, 5L << 30}) {
      Allocation first = pool.allocate(bytes, "first");
      Range where = range(first);
      pool.deallocate(first);
      int before = device.allocations;
      Allocation second = pool.allocate(bytes, "second");
      assertEquals(where, range(second));
      assertEquals(before, device.allocations);
      pool.deallocate(second);
    }
  }

  @Test
  void newestFreeBlockIsHandedOutFirst() {
    Allocation a = pool.allocate(MIB, "a");
    Allocation b = pool.allocate(MIB, "b");
    pool.deallocate(a);
    pool.deallocate(b);
    assertSame(b, pool.allocate(MIB, "c"));
    assertSame(a, pool.allocate(MIB, "d"));
  }

  @Test
  void smallRequestsShareASlab() {
    for (int i = 0; i < 8; i++) {
      pool.allocate(256 * KIB, "eighth of a slab");
    }
    assertEquals(1, device.allocations);
    assertEquals(2 * MIB, device.used());
    pool.allocate(1, "one more");
    assertEquals(2, device.allocations);
  }

  @Test
  void smallRequestsWasteAtMostAnEighth() {
    for (long bytes = 1; bytes <= 256 * KIB; bytes += 37) {
      Allocation chunk = pool.allocate(bytes, "small");
      long aligned = (bytes + 63) / 64 * 64;
      assertTrue(range(chunk).bytes() >= bytes);
      assertTrue(range(chunk).bytes() <= aligned + aligned / 8, "for " + bytes);
      pool.deallocate(chunk);
    }
  }

  @Test
  void largeBlocksAreExactToTheAlignment() {
    Allocation large = pool.allocate(256 * KIB + 1, "large");
    assertEquals(256 * KIB + 64, range(large).bytes());
    assertEquals(256 * KIB + 64, device.used());
  }

  @Test
  void cachedLargeBlockServesIfAtMostAnEighthIsWasted() {
    Allocation cached = pool.allocate(9 * MIB, "nine");
    Range where = range(cached);
    pool.deallocate(cached);
    Allocation tooSmall = pool.allocate(8 * MIB - 64, "an eighth and a bit would be wasted");
    assertNotEquals(where, range(tooSmall));
    assertEquals(where, range(pool.allocate(8 * MIB, "an eighth is wasted")));
  }

  @Test
  void bestFittingLargeBlockIsTaken() {
    List<Allocation> blocks = new ArrayList<>();
    for (long mib : new long[] {16, 17, 18}) {
      blocks.add(pool.allocate(mib * MIB, "cached"));
    }
    Range middle = range(blocks.get(1));
    blocks.forEach(pool::deallocate);
    assertEquals(middle, range(pool.allocate(16 * MIB + 1, "fits 17 and 18")));
  }

  @Test
  void freeNeighboursMergeWhenNothingElseFits() {
    List<Allocation> eighths = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      eighths.add(pool.allocate(256 * KIB, "eighth"));
    }
    Range third = range(eighths.get(2));
    pool.deallocate(eighths.get(2));
    pool.deallocate(eighths.get(3));
    Allocation a = pool.allocate(128 * KIB, "a");
    Allocation b = pool.allocate(128 * KIB, "b");
    Allocation c = pool.allocate(128 * KIB, "c");
    Allocation d = pool.allocate(128 * KIB, "d");
    assertEquals(1, device.allocations, "the pieces come from the freed eighths");
    // Given back out of order.
    for (Allocation piece : List.of(c, a, d, b)) {
      pool.deallocate(piece);
    }
    Allocation x = pool.allocate(256 * KIB, "x");
    Allocation y = pool.allocate(256 * KIB, "y");
    assertEquals(1, device.allocations, "the pieces merged");
    assertEquals(third.address(), Math.min(range(x).address(), range(y).address()));
  }

  @Test
  void trimGivesAllBack() {
    List<Allocation> all = new ArrayList<>();
    for (long bytes : new long[] {1, 100, 70_000, 300_000, 5 * MIB, 5 * MIB}) {
      all.add(pool.allocate(bytes, "any"));
    }
    all.forEach(pool::deallocate);
    assertTrue(device.used() > 10 * MIB);
    pool.trim();
    assertEquals(0, device.used());
    assertEquals(device.allocations, device.deallocations);
    assertEquals(0, pool.statistics().reserved());
    assertEquals(1, device.trims);
  }

  @Test
  void trimKeepsWhatIsLive() {
    Allocation small = pool.allocate(100, "small");
    Allocation large = pool.allocate(MIB, "large");
    pool.deallocate(pool.allocate(200, "idle part"));
    pool.deallocate(pool.allocate(2 * MIB, "idle whole"));
    pool.trim();
    assertEquals(2 * MIB + MIB, device.used());
    assertTrue(device.holds(range(small)));
    assertTrue(device.holds(range(large)));
  }

  @Test
  void givingBackTwiceIsDetected() {
    for (long bytes : new long[] {100, MIB}) {
      Allocation once = pool.allocate(bytes, "once");
      pool.deallocate(once);
      assertThrows(IllegalStateException.class, () -> pool.deallocate(once));
      assertThrows(IllegalStateException.class, once::block);
    }
    assertEquals(0, pool.statistics().live());
  }

  @Test
  void foreignAllocationsAreRefused() {
    MemoryPool other = new MemoryPool("simulated:1", new SimulatedMemory(64, MIB * 16));
    Allocation foreign = other.allocate(100, "other's");
    assertThrows(IllegalArgumentException.class, () -> pool.deallocate(foreign));
    Allocation raw = device.allocate(100, "raw");
    assertThrows(IllegalArgumentException.class, () -> pool.deallocate(raw));
    assertEquals(1, other.statistics().live());
  }

  @Test
  void statisticsAreLiteral() {
    Allocation a = pool.allocate(1000, "a"); // rounded to 1024
    Allocation b = pool.allocate(3 * MIB, "b");
    pool.deallocate(b);
    assertEquals(
        new MemoryStatistics(
            1024,
            1000,
            3 * MIB + 1024,
            5 * MIB,
            5 * MIB,
            Long.MAX_VALUE,
            1,
            2,
            0,
            5 * MIB - 1024,
            3 * MIB),
        pool.statistics());
    pool.deallocate(pool.allocate(3 * MIB, "c"));
    assertEquals(1 / 3.0, pool.statistics().hitRate());
    pool.deallocate(a);
    pool.resetPeaks();
    assertEquals(0, pool.statistics().peakInUse());
    assertEquals(5 * MIB, pool.statistics().peakReserved());
  }

  @Test
  void fragmentationIsOneLessTheShareOfTheLargestBlock() {
    assertEquals(0, pool.statistics().fragmentation());
    List<Allocation> blocks = new ArrayList<>();
    for (long mib : new long[] {1, 3, 4}) {
      blocks.add(pool.allocate(mib * MIB, "block"));
    }
    pool.deallocate(blocks.get(0));
    assertEquals(0, pool.statistics().fragmentation());
    pool.deallocate(blocks.get(1));
    assertEquals(0.25, pool.statistics().fragmentation());
    pool.deallocate(blocks.get(2));
    assertEquals(0.5, pool.statistics().fragmentation());
    assertEquals(4 * MIB, pool.statistics().largestFreeBlock());
  }

  @Test
  void idleMemoryStaysWithinTwiceWhatWasInUse() {
    // Every shape differs from every other by more than an eighth: nothing is ever reused.
    long shape = MIB;
    long largest = 0;
    for (int i = 0; i < 60; i++) {
      pool.deallocate(pool.allocate(shape, "shape " + i));
      largest = Math.max(largest, shape);
      assertTrue(device.used() <= 2 * largest + 64 * MIB, "at " + i + ": " + device.used());
      shape += shape / 7;
    }
    assertTrue(device.deallocations > 0);
  }

  @Test
  void ownersAreListedLargestFirst() {
    pool.allocate(10, "ten");
    pool.allocate(2 * MIB, "two");
    pool.deallocate(pool.allocate(3 * MIB, "gone"));
    pool.allocate(MIB, List.of("one"));
    assertEquals(
        List.of(new Owner("two", 2 * MIB), new Owner("[one]", MIB), new Owner("ten", 10)),
        pool.owners());
  }

  @Test
  void sizesThatNoDeviceHasAreRefusedOrRunOut() {
    assertThrows(InvalidArgumentException.class, () -> pool.allocate(0, "none"));
    assertThrows(InvalidArgumentException.class, () -> pool.allocate(-1, "negative"));
    for (long bytes : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 63, 1L << 62}) {
      var full =
          assertThrows(DeviceOutOfMemoryException.class, () -> pool.allocate(bytes, "absurd"));
      assertEquals(bytes, full.requested());
    }
    assertEquals(0, device.used());
  }

  @Test
  void sizesBeyondThirtyTwoBitsAreServed() {
    Allocation huge = pool.allocate((1L << 33) + 1, "huge");
    assertEquals((1L << 33) + 64, range(huge).bytes());
    assertEquals((1L << 33) + 64, pool.statistics().inUse());
  }

  @Test
  void nothingIsServedAfterClose() {
    Allocation live = pool.allocate(100, "live");
    pool.deallocate(pool.allocate(MIB, "pooled"));
    pool.close();
    pool.close();
    assertTrue(device.isClosed());
    assertThrows(ClosedException.class, () -> pool.allocate(MIB, "late"));
    assertThrows(ClosedException.class, () -> pool.allocate(100, "late"));
    pool.deallocate(live);
  }

  @Test
  void debuggingResourceSeesEveryAllocation() {
    MemoryAdaptor debugging =
        new MemoryAdaptor(device) {
          @Override
          public boolean poolable() {
            return false;
          }
        };
    MemoryPool through = new MemoryPool("simulated:0", debugging);
    for (int i = 1; i <= 3; i++) {
      Allocation exact = through.allocate(1001, "exact");
      assertEquals(1001, range(exact).bytes());
      assertEquals(i, device.allocations);
      through.deallocate(exact);
      assertEquals(i, device.deallocations);
      assertThrows(IllegalStateException.class, () -> through.deallocate(exact));
    }
    assertEquals(0, through.statistics().reserved());
    assertFalse(through.poolable());
  }
}
