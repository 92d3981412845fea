package dev.conv4j.cpu.thread;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class StretchesTest {

  private static long[] take(Stretches stretches, int thread, int count) {
    long[] taken = new long[count];
    Arrays.setAll(taken, i -> stretches.take(thread));
    return taken;
  }

  @Test
  void everyThreadTakesNeighboursAndThenHelpsWhoHasMostLeft() {
    Stretches stretches = new Stretches(4);
    stretches.open(10, 3);
    assertArrayEquals(new long[] {4, 5}, take(stretches, 1, 2));
    assertArrayEquals(new long[] {7, 8, 9, 0, 1, 2}, take(stretches, 2, 6));
    assertArrayEquals(new long[] {6, 3, -1, -1}, take(stretches, 1, 4));
    assertEquals(-1, stretches.take(0));
  }

  @Test
  void itemsAreCountedInLongs() {
    Stretches stretches = new Stretches(2);
    stretches.open(1L << 40, 2);
    assertEquals(0, stretches.take(0));
    assertEquals(1L << 39, stretches.take(1));
  }

  @Test
  void fewerItemsThanThreads() {
    Stretches stretches = new Stretches(4);
    stretches.open(2, 4);
    assertArrayEquals(new long[] {0, 1, -1}, take(stretches, 3, 3));
  }

  @Test
  void nothingIsHandedOutOnceClosed() {
    Stretches stretches = new Stretches(3);
    stretches.open(9, 3);
    stretches.take(1);
    stretches.close();
    assertEquals(-1, stretches.take(0));
    stretches.open(1, 1);
    assertEquals(0, stretches.take(0));
  }

  /** Few items many times, so that threads meet at the ends of stretches. */
  @Test
  void threadsTakeEveryItemOnce() throws InterruptedException {
    int items = 7;
    Stretches[] all = new Stretches[30_000];
    for (int i = 0; i < all.length; i++) {
      all[i] = new Stretches(4);
      all[i].open(items, 4);
    }
    AtomicIntegerArray times = new AtomicIntegerArray(items * all.length);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int own = i;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int run = 0; run < all.length; run++) {
                  takeAll(all[run], own, run * items, times);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (int i = 0; i < times.length(); i++) {
      assertEquals(1, times.get(i), "item " + i);
    }
  }

  private static void takeAll(Stretches from, int own, int first, AtomicIntegerArray times) {
    for (long item = from.take(own); item >= 0; item = from.take(own)) {
      times.getAndIncrement(first + (int) item);
    }
  }
}
