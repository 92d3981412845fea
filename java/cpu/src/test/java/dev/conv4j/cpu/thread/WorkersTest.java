package dev.conv4j.cpu.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.InvalidArgumentException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkersTest {

  private static final int ALL = Integer.MAX_VALUE;

  private static void everyItemOnce(Workers workers, int items) {
    AtomicIntegerArray seen = new AtomicIntegerArray(items);
    workers.run(items, ALL, (slot, item) -> seen.incrementAndGet((int) item));
    for (int i = 0; i < items; i++) {
      assertEquals(1, seen.get(i));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8, 64})
  void everyItemRunsOnce(int threads) {
    try (Workers workers = new Workers(threads, null)) {
      for (int items = 0; items < 300; items++) {
        everyItemOnce(workers, items);
      }
    }
  }

  @Test
  void helpersTakePart() throws Exception {
    try (Workers workers = new Workers(3, null)) {
      CountDownLatch together = new CountDownLatch(3);
      Set<Thread> threads = ConcurrentHashMap.newKeySet();
      workers.run(
          3,
          ALL,
          (slot, item) -> {
            threads.add(Thread.currentThread());
            together.countDown();
            await(together);
          });
      assertEquals(3, threads.size());
      assertTrue(threads.contains(Thread.currentThread()));
      threads.remove(Thread.currentThread());
      for (Thread thread : threads) {
        assertTrue(thread.isDaemon());
        assertTrue(thread.getName().matches("conv4j-cpu-[12]"), thread.getName());
      }
    }
  }

  @Test
  void slotsAreNotSharedAndStayBelowTheParticipants() {
    try (Workers workers = new Workers(8, null)) {
      for (int most = 1; most <= 9; most++) {
        int limit = Math.min(most, 8);
        AtomicIntegerArray owners = new AtomicIntegerArray(8);
        workers.run(
            200,
            most,
            (slot, item) -> {
              assertTrue(slot < limit);
              assertEquals(1, owners.incrementAndGet(slot));
              Thread.onSpinWait();
              owners.decrementAndGet(slot);
            });
      }
    }
  }

  @Test
  void exceptionOfAnItemReachesTheCallerAndStopsTheRest() {
    try (Workers workers = new Workers(4, null)) {
      for (int round = 0; round < 200; round++) {
        IllegalStateException planned = new IllegalStateException("planned");
        AtomicLong ran = new AtomicLong();
        int bad = round % 7;
        assertSame(
            planned,
            assertThrows(
                IllegalStateException.class,
                () ->
                    workers.run(
                        1_000_000,
                        ALL,
                        (slot, item) -> {
                          ran.incrementAndGet();
                          if (item == bad) {
                            throw planned;
                          }
                        })));
        assertTrue(ran.get() < 1_000_000);
        everyItemOnce(workers, 20);
      }
      assertThrows(
          StackOverflowError.class,
          () ->
              workers.run(
                  9,
                  ALL,
                  (slot, item) -> {
                    throw new StackOverflowError();
                  }));
    }
  }

  @Test
  void runWithinAnItemIsDoneByItsThreadAlone() {
    try (Workers workers = new Workers(4, null)) {
      AtomicInteger inner = new AtomicInteger();
      workers.run(
          16,
          ALL,
          (slot, item) -> {
            Thread outer = Thread.currentThread();
            workers.run(
                10,
                ALL,
                (innerSlot, innerItem) -> {
                  assertSame(outer, Thread.currentThread());
                  assertEquals(0, innerSlot);
                  inner.incrementAndGet();
                });
          });
      assertEquals(160, inner.get());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyCallersAtOnce(boolean virtual) throws Exception {
    try (Workers workers = new Workers(4, null);
        ExecutorService callers =
            virtual
                ? Executors.newVirtualThreadPerTaskExecutor()
                : Executors.newFixedThreadPool(8)) {
      List<Future<?>> runs = new ArrayList<>();
      for (int caller = 0; caller < 8; caller++) {
        runs.add(
            callers.submit(() -> {
              for (int i = 0; i < 2000; i++) {
                everyItemOnce(workers, i % 23);
              }
            }));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void sleepersAreWoken() throws Exception {
    try (Workers workers = new Workers(4, null)) {
      for (int round = 0; round < 30; round++) {
        CountDownLatch together = new CountDownLatch(4);
        workers.run(
            4,
            ALL,
            (slot, item) -> {
              together.countDown();
              await(together);
            });
        Thread.sleep(round % 3);
      }
    }
  }

  @Test
  void interruptOfTheCallerIsKept() {
    try (Workers workers = new Workers(2, null)) {
      Thread.currentThread().interrupt();
      everyItemOnce(workers, 1000);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void callersExecutorDoesTheWork() {
    try (ExecutorService pool = Executors.newFixedThreadPool(2);
        Workers workers = new Workers(3, pool)) {
      CountDownLatch together = new CountDownLatch(3);
      workers.run(
          3,
          ALL,
          (slot, item) -> {
            together.countDown();
            await(together);
          });
      for (int i = 0; i < 2000; i++) {
        everyItemOnce(workers, i % 11);
      }
    }
  }

  @Test
  void executorThatRefusesOrRunsInPlaceOrNeverIsSurvived() {
    AtomicInteger asked = new AtomicInteger();
    try (Workers refused =
            new Workers(
                4,
                task -> {
                  throw new RejectedExecutionException("full");
                });
        Workers inPlace = new Workers(4, Runnable::run);
        Workers never = new Workers(4, task -> asked.incrementAndGet())) {
      for (int i = 0; i < 100; i++) {
        everyItemOnce(refused, i);
        everyItemOnce(inPlace, i);
        everyItemOnce(never, i);
      }
    }
    assertTrue(asked.get() <= 3, "tasks pile up in an executor that does not run them");
  }

  @Test
  void threadsEndWithTheirOwnerAndLaterRunsNeedNone() throws Exception {
    Workers workers = new Workers(4, null);
    Set<Thread> threads = ConcurrentHashMap.newKeySet();
    CountDownLatch together = new CountDownLatch(4);
    workers.run(
        4,
        ALL,
        (slot, item) -> {
          threads.add(Thread.currentThread());
          together.countDown();
          await(together);
        });
    threads.remove(Thread.currentThread());
    assertEquals(3, threads.size());
    workers.close();
    workers.close();
    for (Thread thread : threads) {
      assertFalse(thread.isAlive());
    }
    everyItemOnce(workers, 10);
  }

  @Test
  void noThreadIsStartedBeforeItIsNeeded() {
    try (Workers workers = new Workers(5000, null)) {
      workers.run(100, 1, (slot, item) -> assertEquals(0, slot));
      assertFalse(
          Thread.getAllStackTraces().keySet().stream()
              .anyMatch(thread -> thread.getName().equals("conv4j-cpu-4999")));
    }
  }

  @Test
  void threadCountMustBePositive() {
    assertThrows(InvalidArgumentException.class, () -> new Workers(0, null));
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(20, TimeUnit.SECONDS), "not every thread took part");
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
