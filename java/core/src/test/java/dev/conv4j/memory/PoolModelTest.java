package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.memory.SimulatedMemory.Range;
import dev.conv4j.spi.Allocation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Random requests against the simplest model there is: a list of the intervals handed out. */
class PoolModelTest {

  private record Interval(Allocation allocation, Range range, long asked) {}

  private final List<Interval> model = new ArrayList<>();
  private long requests;
  private long peak;

  @RepeatedTest(6)
  void randomRequestsAgreeWithAListOfIntervals(RepetitionInfo info) {
    long seed = Long.getLong("conv4j.test.seed", System.nanoTime());
    long alignment = new long[] {1, 64, 256, 4096}[(int) (seed & 3)];
    boolean capped = info.getCurrentRepetition() % 2 == 0;
    String spelling = "-Dconv4j.test.seed=" + seed + (capped ? " capped" : " uncapped");
    System.out.println("PoolModelTest " + spelling);
    try {
      run(new Random(seed), alignment, capped ? 24 << 20 : Long.MAX_VALUE);
    } catch (RuntimeException | AssertionError failed) {
      fail(spelling, failed);
    }
  }

  private void run(Random random, long alignment, long limit) {
    SimulatedMemory device = new SimulatedMemory(alignment, 1L << 40);
    MemoryPool pool = new MemoryPool("d", new MemoryBudget("d", device, limit), () -> {});
    int trend = 60;
    for (int step = 0; step < 6000; step++) {
      if (step % 500 == 0) {
        trend = 35 + random.nextInt(35);
      }
      int dice = random.nextInt(100);
      if (dice == 99) {
        pool.trim();
      } else if (dice < trend || model.isEmpty()) {
        allocate(pool, device, size(random), limit, alignment);
      } else {
        Interval ended = model.remove(random.nextInt(model.size()));
        pool.deallocate(ended.allocation);
      }
      if (step % 7 == 0) {
        compareStatistics(pool, device, limit);
      }
    }
    model.forEach(interval -> pool.deallocate(interval.allocation));
    pool.trim();
    assertEquals(0, device.used(), "trim gives all back");
  }

  /** Few distinct sizes most of the time, as networks ask for, and some of any size. */
  private static long size(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> 1 + random.nextInt(300);
      case 1 -> 1 + random.nextInt(300_000);
      case 2 -> 1 + random.nextInt(3_000_000);
      default -> 1000L << random.nextInt(11);
    };
  }

  private void allocate(
      MemoryPool pool, SimulatedMemory device, long bytes, long limit, long alignment) {
    requests++;
    long exact = (bytes + alignment - 1) / alignment * alignment;
    long after = inUse() + exact;
    Allocation fresh;
    try {
      fresh = pool.allocate(bytes, "any");
    } catch (DeviceOutOfMemoryException full) {
      assertTrue(after > limit, "refused although the cap leaves room: " + full.getMessage());
      return;
    }
    assertTrue(after <= limit, "served beyond the cap");
    Range range = SimulatedMemory.range(fresh);
    assertEquals(0, range.address() % alignment, "alignment");
    assertTrue(range.bytes() >= bytes, "as large as asked for");
    assertTrue(device.holds(range), "within live memory of the device");
    for (Interval other : model) {
      assertTrue(
          range.address() + range.bytes() <= other.range.address()
              || other.range.address() + other.range.bytes() <= range.address(),
          "overlaps");
    }
    model.add(new Interval(fresh, range, bytes));
    peak = Math.max(peak, inUse());
  }

  private long inUse() {
    return model.stream().mapToLong(interval -> interval.range.bytes()).sum();
  }

  private void compareStatistics(MemoryPool pool, SimulatedMemory device, long limit) {
    MemoryStatistics now = pool.statistics();
    assertEquals(inUse(), now.inUse(), "in use");
    assertEquals(model.stream().mapToLong(Interval::asked).sum(), now.requested(), "requested");
    assertEquals(model.size(), now.live(), "live");
    assertEquals(requests, now.requests(), "requests");
    assertEquals(peak, now.peakInUse(), "peak in use");
    assertEquals(device.used(), now.reserved(), "reserved");
    assertEquals(device.peak, now.peakReserved(), "peak reserved");
    assertEquals(now.reserved(), now.inUse() + now.pooled(), "all of it is in use or pooled");
    assertTrue(now.largestFreeBlock() <= now.pooled(), "largest block");
    assertEquals(now.pooled() == 0, now.largestFreeBlock() == 0, "a pooled byte is in a block");
    assertTrue(now.reserved() <= limit, "cap");
    assertTrue(
        limit < Long.MAX_VALUE || now.reserved() <= 2 * peak + (64 << 20) + (2 << 20),
        "idle memory is bounded");
    assertEquals(model.size(), pool.owners().size(), "owners");
  }
}
