package dev.conv4j.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.memory.site.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LeakDetectorTest {

  private final List<WatchedHandle> leaks = new ArrayList<>();
  private final AtomicInteger released = new AtomicInteger();

  /** Handles in use. JUnit keeps this test, and this test keeps them. */
  private final List<Object> kept = new ArrayList<>();

  private LeakDetector detector(LeakLevel level) {
    return new LeakDetector(level, leaks::add);
  }

  private LeakDetector.Watch forget(LeakDetector detector, String label) {
    return Caller.open(detector, new Object(), label, released::incrementAndGet);
  }

  /** Waits for the collector, which hands over references a little after a collection. */
  private static int reclaim(LeakDetector detector, int expected) throws InterruptedException {
    int found = 0;
    for (int tries = 0; tries < 200 && found < expected; tries++) {
      System.gc();
      Thread.sleep(5);
      found += detector.reclaim();
    }
    return found;
  }

  @ParameterizedTest
  @EnumSource(names = {"SIMPLE", "ADVANCED", "PARANOID"})
  void forgottenHandleIsReportedOnceAndItsMemoryGivenBack(LeakLevel level) throws Exception {
    LeakDetector detector = detector(level);
    forget(detector, "tensor [3] f32");
    assertEquals(1, reclaim(detector, 1));
    assertEquals(1, released.get());
    assertEquals(1, leaks.size());
    assertEquals("tensor [3] f32", leaks.getFirst().label());
    assertEquals(12, leaks.getFirst().bytes());
    System.gc();
    assertEquals(0, detector.reclaim());
    assertEquals(List.of(), detector.open());
  }

  @Test
  void closedHandleIsNotALeak() throws Exception {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    assertTrue(forget(detector, "closed in time").end());
    forget(detector, "forgotten");
    assertEquals(1, reclaim(detector, 1));
    assertEquals(List.of("forgotten"), leaks.stream().map(WatchedHandle::label).toList());
    assertEquals(1, released.get());
  }

  @Test
  void closeAfterReclaimMustNotReleaseAgain() throws Exception {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    LeakDetector.Watch watch = forget(detector, "late close");
    assertEquals(1, reclaim(detector, 1));
    assertFalse(watch.end());
  }

  @Test
  void watchEndsOnce() {
    LeakDetector.Watch watch = forget(detector(LeakLevel.SIMPLE), "closed");
    assertTrue(watch.end());
    assertFalse(watch.end());
  }

  @Test
  void reachableHandleIsLeftAlone() throws Exception {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    Object handle = new Object();
    kept.add(handle);
    Caller.open(detector, handle, "in use", released::incrementAndGet);
    forget(detector, "forgotten");
    assertEquals(1, reclaim(detector, 1));
    System.gc();
    Thread.sleep(20);
    assertEquals(0, detector.reclaim());
    assertEquals(List.of("in use"), detector.open().stream().map(WatchedHandle::label).toList());
  }

  @Test
  void offWatchesNothing() throws Exception {
    LeakDetector detector = detector(LeakLevel.OFF);
    assertTrue(forget(detector, "forgotten").end());
    forget(detector, "forgotten");
    System.gc();
    Thread.sleep(20);
    assertEquals(0, detector.reclaim());
    assertFalse(detector.collect());
    assertEquals(0, released.get());
    assertEquals(List.of(), detector.open());
  }

  @Test
  void nextHandleFindsTheForgottenOne() throws Exception {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    forget(detector, "forgotten");
    for (int tries = 0; tries < 200 && leaks.isEmpty(); tries++) {
      System.gc();
      Thread.sleep(5);
      forget(detector, "next").end();
    }
    assertEquals(List.of("forgotten"), leaks.stream().map(WatchedHandle::label).toList());
  }

  @Test
  void collectAsksTheCollectorAtMostOnceASecondWhenItIsVain() {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    forget(detector, "forgotten");
    assertTrue(detector.collect());
    assertEquals(1, released.get());
    Object handle = new Object();
    kept.add(handle);
    Caller.open(detector, handle, "in use", released::incrementAndGet);
    assertFalse(detector.collect());
    long begin = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      assertFalse(detector.collect());
    }
    assertTrue(System.nanoTime() - begin < 900_000_000L, "100 collections in less than a second");
  }

  @Test
  void paranoidKnowsEverySiteAndTheUsersFrameComesFirst() {
    LeakDetector detector = detector(LeakLevel.PARANOID);
    for (int i = 0; i < 3; i++) {
      forget(detector, "handle " + i);
    }
    assertEquals(3, detector.open().size());
    for (WatchedHandle open : detector.open()) {
      assertEquals(Caller.class.getName(), open.site().getFirst().getClassName());
      assertEquals("open", open.site().getFirst().getMethodName());
      assertTrue(open.siteLines().startsWith("\tat "), open.siteLines());
    }
    assertEquals("handle 2", detector.open().getFirst().label());
  }

  @Test
  void advancedKnowsTheSiteOfOneInAHundredAndTwentyEight() {
    LeakDetector detector = detector(LeakLevel.ADVANCED);
    for (int i = 0; i < 1280; i++) {
      forget(detector, "handle " + i);
    }
    List<WatchedHandle> open = new ArrayList<>(leaks);
    open.addAll(detector.open());
    assertEquals(1280, open.size());
    assertEquals(10, open.stream().filter(handle -> !handle.site().isEmpty()).count());
  }

  @Test
  void simpleKnowsNoSite() {
    LeakDetector detector = detector(LeakLevel.SIMPLE);
    forget(detector, "handle");
    assertEquals(List.of(), detector.open().getFirst().site());
  }

  @Test
  void everyHandleIsReleasedOnceWhoeverIsFirst() throws Exception {
    ConcurrentLinkedQueue<WatchedHandle> reports = new ConcurrentLinkedQueue<>();
    LeakDetector detector = new LeakDetector(LeakLevel.SIMPLE, reports::add);
    AtomicInteger closed = new AtomicInteger();
    int threads = 8;
    int handles = 2000;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Callable<Void>> openers = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int which = thread;
        openers.add(() -> {
          for (int i = 0; i < handles; i++) {
            LeakDetector.Watch watch = forget(detector, "handle");
            if ((i + which) % 2 == 0 && watch.end()) {
              closed.incrementAndGet();
              released.incrementAndGet();
            }
          }
          return null;
        });
      }
      for (Future<Void> opener : executor.invokeAll(openers)) {
        opener.get();
      }
    }
    int found = threads * handles - closed.get() - reports.size();
    assertEquals(found, reclaim(detector, found));
    assertEquals(threads * handles, released.get());
    assertEquals(threads * handles, closed.get() + reports.size());
  }

  @Test
  void levelIsNamedByAProperty() {
    String before = System.getProperty("conv4j.leak");
    try {
      System.clearProperty("conv4j.leak");
      assertEquals(LeakLevel.SIMPLE, LeakLevel.fromProperty());
      System.setProperty("conv4j.leak", "paranoid");
      assertEquals(LeakLevel.PARANOID, LeakLevel.fromProperty());
      System.setProperty("conv4j.leak", "sometimes");
      assertThrows(InvalidArgumentException.class, LeakLevel::fromProperty);
    } finally {
      if (before == null) {
        System.clearProperty("conv4j.leak");
      } else {
        System.setProperty("conv4j.leak", before);
      }
    }
  }
}
