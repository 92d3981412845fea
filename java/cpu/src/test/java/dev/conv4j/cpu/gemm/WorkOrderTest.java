package dev.conv4j.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.conv4j.cpu.thread.Workers;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkOrderTest {

  @Test
  void aThreadStaysWithItsBlockAndThenHelpsOthers() {
    WorkOrder order = new WorkOrder(2, 3, 2);
    assertEquals(0, order.next(0));
    assertEquals(3, order.next(1));
    assertEquals(1, order.next(0));
    assertEquals(2, order.next(0));
    assertEquals(4, order.next(0));
    assertEquals(5, order.next(1));
  }

  @Test
  void blocksOfOneItemAreTakenFromOnesOwnStretchFirst() {
    WorkOrder order = new WorkOrder(4, 1, 2);
    assertArrayEquals(
        new long[] {2, 0, 3, 1},
        new long[] {order.next(1), order.next(0), order.next(1), order.next(1)});
  }

  @Test
  void everyItemIsTakenOnceByAnyNumberOfThreads() {
    try (Workers workers = new Workers(4, null)) {
      for (int blocks = 1; blocks < 12; blocks++) {
        for (int ranges = 1; ranges < 6; ranges++) {
          WorkOrder order = new WorkOrder(blocks, ranges, 4);
          AtomicIntegerArray times = new AtomicIntegerArray(blocks * ranges);
          workers.run(
              times.length(), 4, (slot, item) -> times.getAndIncrement((int) order.next(slot)));
          int[] once = new int[times.length()];
          Arrays.setAll(once, times::get);
          assertEquals(times.length(), Arrays.stream(once).filter(n -> n == 1).count());
        }
      }
    }
  }
}
