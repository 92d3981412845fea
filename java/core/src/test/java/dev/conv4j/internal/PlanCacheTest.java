package dev.conv4j.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class PlanCacheTest {

  @Test
  void aPlanIsMadeOnce() {
    PlanCache<String, Object> cache = new PlanCache<>(4);
    Object plan = cache.get("a", key -> new Object());
    assertSame(
        plan,
        cache.get(
            "a",
            key -> {
              throw new AssertionError("made twice");
            }));
  }

  @Test
  void theLeastRecentlyUsedIsForgotten() {
    PlanCache<Integer, String> cache = new PlanCache<>(2);
    List<Integer> made = new ArrayList<>();
    for (int key : new int[] {1, 2, 1, 3, 1, 2}) {
      cache.get(
          key,
          k -> {
            made.add(k);
            return "plan " + k;
          });
    }
    assertEquals(List.of(1, 2, 3, 2), made);
    assertEquals(2, cache.size());
  }

  @Test
  void aFailureIsNotKept() {
    PlanCache<String, String> cache = new PlanCache<>(2);
    assertThrows(
        IllegalStateException.class,
        () ->
            cache.get(
                "a",
                key -> {
                  throw new IllegalStateException();
                }));
    assertEquals("plan", cache.get("a", key -> "plan"));
  }

  @Test
  void threadsThatMakeTheSamePlanAllGetTheFirst() throws Exception {
    int threads = 4;
    PlanCache<String, Object> cache = new PlanCache<>(2);
    CyclicBarrier together = new CyclicBarrier(threads);
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Callable<Object> task =
          () ->
              cache.get(
                  "a",
                  key -> {
                    try {
                      together.await();
                    } catch (Exception broken) {
                      throw new AssertionError(broken);
                    }
                    return new Object();
                  });
      List<Future<Object>> plans = pool.invokeAll(java.util.Collections.nCopies(threads, task));
      for (Future<Object> plan : plans) {
        assertSame(plans.getFirst().get(), plan.get());
      }
    }
  }
}
