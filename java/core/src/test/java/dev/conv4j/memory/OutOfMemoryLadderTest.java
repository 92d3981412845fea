package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.DeviceOutOfMemoryException.Owner;
import dev.conv4j.spi.Allocation;
import dev.conv4j.spi.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutOfMemoryLadderTest {

  private static final long MIB = 1 << 20;

  private final SimulatedMemory device = new SimulatedMemory(64, 1L << 40);

  private MemoryPool capped(long limit) {
    return new MemoryPool(
        "simulated:0", new MemoryBudget("simulated:0", device, limit), device::synchronize);
  }

  @Test
  void capOfExactlyTheSumIsEnough() {
    // A filter of 150 kB between two large tensors: a slab for it would not leave room for y.
    long[] sizes = {12_845_056, 147_456, 256, 12_845_056};
    long sum = 0;
    for (long size : sizes) {
      sum += size;
    }
    MemoryPool pool = capped(sum);
    for (int run = 0; run < 3; run++) {
      List<Allocation> live = new ArrayList<>();
      for (long size : sizes) {
        live.add(pool.allocate(size, "operand"));
      }
      assertEquals(sum, device.used());
      assertThrows(DeviceOutOfMemoryException.class, () -> pool.allocate(1, "one byte more"));
      live.forEach(pool::deallocate);
    }
    assertEquals(4, device.allocations, "later runs are served from the pool");
    assertEquals(0, device.deallocations, "a hopeless request does not cost the pool its blocks");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void capIsEnoughWhateverWasAllocatedBefore(long seed) {
    Random random = new Random(seed);
    long limit = 64 * 1000;
    MemoryPool pool = capped(limit);
    List<Allocation> live = new ArrayList<>();
    long used = 0;
    for (int i = 0; i < 20_000; i++) {
      long bytes = 64L * (1 + random.nextInt(300));
      if (used + bytes <= limit) {
        live.add(pool.allocate(bytes, "any"));
        used += bytes;
      } else {
        Allocation victim = live.remove(random.nextInt(live.size()));
        used -= victim.block().bytes();
        pool.deallocate(victim);
      }
      assertTrue(device.used() <= limit);
    }
    assertEquals(limit, device.peak, "the cap was reached, to the byte");
  }

  @Test
  void poolGivesBackOnlyWhatIsNeeded() {
    MemoryPool pool = capped(10 * MIB);
    List<Allocation> cached = new ArrayList<>();
    for (long mib : new long[] {1, 2, 3, 4}) {
      cached.add(pool.allocate(mib * MIB, "cached"));
    }
    cached.forEach(pool::deallocate);
    pool.allocate(3 * MIB - 64, "misses the three, needs a little less");
    assertEquals(1, device.deallocations);
    assertEquals(10 * MIB - 64, device.used());
  }

  @Test
  void deviceThatIsFullerThanTheBudgetIsTrimmed() {
    MemoryPool pool = capped(1L << 40);
    device.capacity = 10 * MIB;
    pool.deallocate(pool.allocate(4 * MIB, "idle"));
    pool.deallocate(pool.allocate(5 * MIB, "idle"));
    pool.allocate(6 * MIB, "fits only an empty device");
    assertEquals(2, device.deallocations);
    assertEquals(6 * MIB, device.used());
  }

  @Test
  void deviceThatFreesLateIsWaitedFor() {
    MemoryPool pool = capped(1L << 40);
    device.capacity = 10 * MIB;
    device.defersFrees = true;
    pool.deallocate(pool.allocate(6 * MIB, "used by enqueued work"));
    pool.allocate(8 * MIB, "must wait");
    assertEquals(8 * MIB, device.used());
  }

  @Test
  void withoutRoomForASlabASmallRequestIsABlockOfItsOwn() {
    MemoryPool pool = new MemoryPool("simulated:0", device);
    device.capacity = MIB;
    pool.allocate(1000, "small");
    assertEquals(1024, device.used());
    Allocation again = pool.allocate(2000, "small");
    pool.deallocate(again);
    assertEquals(again, pool.allocate(2000, "small"));
  }

  @Test
  void exceptionCarriesTheStateOfThePool() {
    MemoryPool pool = capped(1L << 40);
    device.capacity = 100 * MIB;
    for (int i = 1; i <= 12; i++) {
      pool.allocate(i * MIB, "owner " + i);
    }
    pool.deallocate(pool.allocate(5 * MIB, "idle"));
    device.defersFrees = true;
    var full =
        assertThrows(DeviceOutOfMemoryException.class, () -> pool.allocate(50 * MIB, "too large"));
    assertEquals("simulated:0", full.device());
    assertEquals(50 * MIB, full.requested());
    assertEquals(22 * MIB, full.free(), "100 less 1 + 2 + ... + 12");
    assertEquals(0, full.pooled(), "trimmed");
    List<Owner> owners = new ArrayList<>();
    for (int i = 12; i > 2; i--) {
      owners.add(new Owner("owner " + i, i * MIB));
    }
    assertEquals(owners, full.topOwners());
    assertEquals(List.of("trim gave back 5242880 bytes", "waited for the device"), full.attempts());
    assertInstanceOf(DeviceOutOfMemoryException.class, full.getCause());
    assertTrue(full.getMessage().contains("largest owner: owner 12 with 12582912 bytes"));
  }

  @Test
  void exceptionOfTheBudgetShowsWhatIsPooled() {
    MemoryPool pool = capped(10 * MIB);
    pool.allocate(6 * MIB, "tensor");
    Allocation one = pool.allocate(MIB, "one");
    Allocation three = pool.allocate(3 * MIB, "three");
    pool.deallocate(one);
    pool.deallocate(three);
    var full =
        assertThrows(DeviceOutOfMemoryException.class, () -> pool.allocate(5 * MIB, "scratch"));
    assertEquals(0, full.free());
    assertEquals(4 * MIB, full.pooled());
    assertEquals(3 * MIB, full.largestFreeBlock());
    assertEquals(0.25, full.fragmentation());
    assertEquals(List.of(new Owner("tensor", 6 * MIB)), full.topOwners());
    assertEquals(
        List.of("trim would have given back too little for the budget", "budget of 10485760 bytes"),
        full.attempts());
    assertEquals(10 * MIB, device.used(), "nothing was given back in vain");
  }

  @Test
  void failureUpstreamLeavesTheBooksAsTheyWere() {
    boolean[] broken = {false};
    MemoryAdaptor breaking =
        new MemoryAdaptor(device) {
          @Override
          public Allocation allocate(long bytes, Object owner) {
            if (broken[0]) {
              throw new AssertionError("driver died");
            }
            return super.allocate(bytes, owner);
          }
        };
    MemoryPool pool =
        new MemoryPool(
            "simulated:0", new MemoryBudget("simulated:0", breaking, 10 * MIB), () -> {});
    pool.allocate(MIB, "before");
    MemoryStatistics before = pool.statistics();
    broken[0] = true;
    assertThrows(AssertionError.class, () -> pool.allocate(9 * MIB, "fails"));
    broken[0] = false;
    assertEquals(before.inUse(), pool.statistics().inUse());
    assertEquals(before.reserved(), pool.statistics().reserved());
    pool.allocate(9 * MIB, "the budget was not charged for the failure");
  }

  @Test
  void failingSliceGivesTheChunkBackToThePool() {
    AtomicBoolean broken = new AtomicBoolean(true);
    record Unsliceable(Block block, AtomicBoolean broken) implements Block {
      @Override
      public long bytes() {
        return block.bytes();
      }

      @Override
      public Block slice(long offset, long bytes) {
        if (broken.get()) {
          throw new IllegalStateException("no sub-buffer");
        }
        return block.slice(offset, bytes);
      }
    }

    record Wrapped(Allocation inner, Block block) implements Allocation {}

    MemoryAdaptor breaking =
        new MemoryAdaptor(device) {
          @Override
          public Allocation allocate(long bytes, Object owner) {
            Allocation inner = super.allocate(bytes, owner);
            return new Wrapped(inner, new Unsliceable(inner.block(), broken));
          }

          @Override
          public void deallocate(Allocation allocation) {
            super.deallocate(((Wrapped) allocation).inner);
          }
        };
    MemoryPool pool = new MemoryPool("simulated:0", breaking);
    assertThrows(IllegalStateException.class, () -> pool.allocate(100, "fails"));
    assertEquals(0, pool.statistics().live());
    assertEquals(2 * MIB, pool.statistics().largestFreeBlock());
    broken.set(false);
    pool.deallocate(pool.allocate(256 << 10, "works"));
    pool.trim();
    assertEquals(0, device.used());
  }
}
