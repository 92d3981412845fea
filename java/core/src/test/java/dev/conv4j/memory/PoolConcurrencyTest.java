package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.spi.Allocation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class PoolConcurrencyTest {

  private static final long UNIT = 64;

  private static ExecutorService threads(boolean virtual, int count) {
    return virtual
        ? Executors.newVirtualThreadPerTaskExecutor()
        : Executors.newFixedThreadPool(count);
  }

  private static void runAll(boolean virtual, int count, Callable<Void> task) throws Exception {
    try (ExecutorService executor = threads(virtual, count)) {
      List<Future<Void>> done = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        done.add(executor.submit(task));
      }
      for (Future<Void> one : done) {
        one.get();
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // Yielding only makes bad interleavings likelier.
  private static void letOthersRun() {
    Thread.yield();
  }

  /** Writes a mark to both ends, lets others run, and expects it to be still there. */
  private static void useAlone(Allocation allocation, int mark) {
    MemorySegment memory = allocation.block().hostMemory();
    long last = memory.byteSize() - 4;
    memory.set(ValueLayout.JAVA_INT, 0, mark);
    memory.set(ValueLayout.JAVA_INT, last, mark);
    letOthersRun();
    assertEquals(mark, memory.get(ValueLayout.JAVA_INT, 0));
    assertEquals(mark, memory.get(ValueLayout.JAVA_INT, last));
  }

  @ParameterizedTest
  @CsvSource({"false, 8, 1500", "true, 200, 60"})
  void capOfExactlyWhatIsLiveServesEveryThread(boolean virtual, int count, int rounds)
      throws Exception {
    // The semaphore keeps what is live within the cap; so no request may ever fail.
    int units = 400;
    Semaphore room = new Semaphore(units, true);
    HostMemory host = new HostMemory(units * UNIT);
    MemoryPool pool =
        new MemoryPool("host:0", new MemoryBudget("host:0", host, units * UNIT), () -> {});
    AtomicInteger marks = new AtomicInteger();
    runAll(
        virtual,
        count,
        () -> {
          SplittableRandom random = new SplittableRandom(marks.incrementAndGet());
          for (int i = 0; i < rounds; i++) {
            int take = 1 + random.nextInt(random.nextInt(8) == 0 ? units : 20);
            room.acquire(take);
            try {
              Allocation mine = pool.allocate(take * UNIT, "mine");
              useAlone(mine, marks.incrementAndGet());
              pool.deallocate(mine);
            } finally {
              room.release(take);
            }
          }
          return null;
        });
    MemoryStatistics after = pool.statistics();
    assertEquals(0, after.live());
    assertEquals(0, after.inUse());
    assertEquals((long) count * rounds, after.requests());
    assertTrue(host.peak() <= units * UNIT);
    assertTrue(after.hits() > 0 && after.hits() < after.requests());
    pool.trim();
    assertEquals(0, host.used());
    assertEquals(0, host.live());
  }

  @ParameterizedTest
  @CsvSource({"false, 8, 2000", "true, 200, 80"})
  void slabsAreSharedByThreadsWithoutOverlap(boolean virtual, int count, int rounds)
      throws Exception {
    HostMemory host = new HostMemory(1L << 30);
    MemoryPool pool = new MemoryPool("host:0", host);
    AtomicInteger marks = new AtomicInteger();
    runAll(
        virtual,
        count,
        () -> {
          SplittableRandom random = new SplittableRandom(marks.incrementAndGet());
          List<Allocation> mine = new ArrayList<>();
          for (int i = 0; i < rounds; i++) {
            mine.add(pool.allocate(4 + random.nextInt(100_000), "mine"));
            useAlone(mine.getLast(), marks.incrementAndGet());
            if (mine.size() > random.nextInt(6)) {
              pool.deallocate(mine.remove(random.nextInt(mine.size())));
            }
            if (random.nextInt(200) == 0) {
              pool.trim();
            }
          }
          mine.forEach(pool::deallocate);
          return null;
        });
    assertEquals(0, pool.statistics().live());
    pool.trim();
    assertEquals(0, host.used());
  }

  @ParameterizedTest
  @CsvSource({"false, 8, 1000", "true, 100, 80"})
  void budgetIsNeverExceededUnderPressure(boolean virtual, int count, int rounds) throws Exception {
    long limit = 200 * UNIT;
    HostMemory host = new HostMemory(Long.MAX_VALUE / 2);
    MemoryPool pool = new MemoryPool("host:0", new MemoryBudget("host:0", host, limit), () -> {});
    AtomicInteger refused = new AtomicInteger();
    AtomicInteger marks = new AtomicInteger();
    runAll(
        virtual,
        count,
        () -> {
          SplittableRandom random = new SplittableRandom(marks.incrementAndGet());
          List<Allocation> mine = new ArrayList<>();
          for (int i = 0; i < rounds; i++) {
            try {
              mine.add(pool.allocate(1 + random.nextLong(100 * UNIT), "mine"));
              useAlone(mine.getLast(), marks.incrementAndGet());
            } catch (DeviceOutOfMemoryException full) {
              refused.incrementAndGet();
              assertTrue(full.free() <= limit && full.pooled() <= limit, full::getMessage);
            }
            // Each holds on to some, so that together they want more than there is.
            if (mine.size() > 3 || (!mine.isEmpty() && random.nextBoolean())) {
              pool.deallocate(mine.remove(random.nextInt(mine.size())));
            }
          }
          mine.forEach(pool::deallocate);
          return null;
        });
    assertTrue(host.peak() <= limit, "reserved " + host.peak() + " of " + limit);
    assertTrue(refused.get() > 0, "there was no pressure");
    assertEquals(0, pool.statistics().live());
    pool.trim();
    assertEquals(0, host.used());
  }

  @Test
  void booksBalanceAfterATightLoop() throws Exception {
    SimulatedMemory device = new SimulatedMemory(64, 1L << 40);
    MemoryPool pool = new MemoryPool("d", device);
    int rounds = 200_000;
    runAll(
        false,
        4,
        () -> {
          for (int i = 0; i < rounds; i++) {
            Allocation small = pool.allocate(100 + (i & 3) * 1000, "small");
            Allocation large = pool.allocate((1 + (i & 1)) << 20, "large");
            pool.deallocate(small);
            pool.deallocate(large);
          }
          return null;
        });
    MemoryStatistics after = pool.statistics();
    assertEquals(0, after.live());
    assertEquals(0, after.inUse());
    assertEquals(0, after.requested());
    assertEquals(8L * rounds, after.requests());
    assertEquals(after.reserved(), after.pooled());
    assertEquals(device.used(), after.reserved());
    pool.trim();
    assertEquals(0, device.used());
  }

  @Test
  void requestServedFromThePoolMakesNoGarbage() {
    MemoryPool pool = new MemoryPool("d", new SimulatedMemory(64, 1L << 40));
    MemoryPool capped =
        new MemoryPool(
            "d", new MemoryBudget("d", new SimulatedMemory(64, 1L << 40), 1 << 30), () -> {});
    long[] sizes = {100, 4096, 150_000, 1 << 20, 77 << 20};
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long garbage = Long.MAX_VALUE;
    for (int attempt = 0; attempt < 20 && garbage > 0; attempt++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 2000; i++) {
        Allocation a = pool.allocate(sizes[i % sizes.length], "owner");
        Allocation b = capped.allocate(sizes[i % sizes.length], "owner");
        pool.deallocate(a);
        capped.deallocate(b);
      }
      garbage = Math.min(garbage, threads.getCurrentThreadAllocatedBytes() - before);
    }
    // The call that measures may itself make a few objects, never one per request.
    assertTrue(garbage < 200, garbage + " bytes for 4000 requests");
  }
}
