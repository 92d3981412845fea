package dev.conv4j.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.Tensor;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A run of a cached plan makes next to no garbage: its argument list is made once. */
class LaunchGarbageTest {

  private static final int RUNS = 200;

  /** The block of operands and what stays of calls that are not compiled yet. */
  private static final long MOST = 400;

  @BeforeAll
  static void emulator() {
    Emulator.demand();
  }

  @Test
  void argumentsAreNotBuiltForEachLaunch() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long self = Thread.currentThread().threadId();
    long least = Long.MAX_VALUE;
    try (Engine engine = Engine.open("cuda:0")) {
      ConvPlan plan = engine.plan(Convolution.parse("c1i1x1k1f1x1"));
      try (Tensor x = engine.tensor(plan.convolution().inputShape(), 3);
          Tensor w = engine.tensor(plan.convolution().filterShape(), 2);
          Tensor y = plan.newResult()) {
        for (int round = 0; round < 20; round++) {
          long before = threads.getThreadAllocatedBytes(self);
          for (int i = 0; i < RUNS; i++) {
            plan.run(x, w, null, null, y);
          }
          least = Math.min(least, (threads.getThreadAllocatedBytes(self) - before) / RUNS);
          engine.synchronize();
        }
      }
    }
    long bytes = least;
    System.out.println("bytes of garbage for each run: " + bytes);
    assertTrue(bytes < MOST, () -> bytes + " bytes for each run");
  }
}
