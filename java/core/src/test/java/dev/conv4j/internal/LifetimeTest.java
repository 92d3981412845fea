package dev.conv4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LifetimeTest {

  private final AtomicInteger releases = new AtomicInteger();
  private final Lifetime lifetime = new Lifetime(releases::incrementAndGet);

  @Test
  void closingWhenUnusedReleasesAtOnce() {
    assertFalse(lifetime.isClosed());
    assertTrue(lifetime.close());
    assertTrue(lifetime.isClosed());
    assertEquals(1, releases.get());
    assertFalse(lifetime.close());
    assertEquals(1, releases.get());
  }

  @Test
  void lastUseReleasesAfterClosing() {
    assertTrue(lifetime.tryBegin());
    assertTrue(lifetime.tryBegin());
    assertTrue(lifetime.close());
    assertFalse(lifetime.tryBegin());
    lifetime.end();
    assertEquals(0, releases.get());
    lifetime.end();
    assertEquals(1, releases.get());
  }

  @Test
  void endingTheLastUseOfAnOpenOneReleasesNothing() {
    assertTrue(lifetime.tryBegin());
    lifetime.end();
    assertEquals(0, releases.get());
    assertTrue(lifetime.tryBegin());
    lifetime.end();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noUseOverlapsTheReleaseWhoeverComesFirst(boolean virtual) throws Exception {
    try (ExecutorService threads =
        virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(8)) {
      for (int round = 0; round < 500; round++) {
        AtomicInteger released = new AtomicInteger();
        AtomicInteger closers = new AtomicInteger();
        Lifetime contested = new Lifetime(released::incrementAndGet);
        List<Callable<Void>> actors = new ArrayList<>();
        for (int actor = 0; actor < 8; actor++) {
          boolean closes = actor % 4 == 3;
          actors.add(() -> {
            for (int i = 0; i < 20 && contested.tryBegin(); i++) {
              assertEquals(0, released.get(), "released during a use");
              contested.end();
            }
            if (closes && contested.close()) {
              closers.incrementAndGet();
            }
            return null;
          });
        }
        for (Future<Void> actor : threads.invokeAll(actors)) {
          actor.get();
        }
        assertEquals(1, closers.get());
        assertEquals(1, released.get());
      }
    }
  }
}
