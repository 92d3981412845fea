package dev.conv4j.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.conv4j.Engine;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.machine.Processor;
import dev.conv4j.cpu.machine.VectorSupport;
import dev.conv4j.cpu.memory.CpuMemory;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WarmUpTest {

  @Test
  void everyTinyProblemIsTakenAndRuns() {
    assumeTrue(VectorSupport.isUsable(), "no vectors");
    try (Workers workers = new Workers(1, null);
        CpuMemory memory = new CpuMemory("test", () -> -1)) {
      CpuContext context = new CpuContext(workers, Processor.local(), Lanes.BITS);
      var works = WarmUp.problems(context, memory);
      assertEquals(WarmUp.CONVOLUTIONS.size() + WarmUp.OPERATORS.size(), works.size());
      works.forEach(work -> work.call().run());
    }
  }

  @Test
  void theSecondTimeTakesNoTime() {
    try (Engine engine = Engine.open("cpu")) {
      engine.warmUp();
      long start = System.nanoTime();
      engine.warmUp();
      assertTrue(System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(100));
    }
  }
}
