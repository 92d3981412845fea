package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.memory.FaultInjection;
import dev.conv4j.memory.LeakLevel;
import dev.conv4j.memory.Poison;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** The rungs of the out-of-memory ladder above the pool: less scratch, forgotten handles. */
class ScratchLadderTest {

  private static final long SCRATCH = 1 << 20;
  private static final Convolution PROBLEM = Convolution.parse("n1c4i8x8k4f3p1");
  private static final long OPERANDS = 4 * (4 * 8 * 8 + 4 * 4 * 3 * 3 + 4 * 8 * 8);

  private final FakeDevice device = new FakeDevice(1L << 30, SCRATCH);

  private Engine engine(long limit) {
    return FakeDevice.engine(device, EngineOptions.DEFAULT.withMemoryLimit(limit));
  }

  private static Tensor x(Engine engine) {
    return engine.tensor(PROBLEM.inputShape(), DType.F32);
  }

  private static Tensor w(Engine engine) {
    return engine.tensor(PROBLEM.filterShape(), DType.F32);
  }

  @Test
  void planRunsWithoutScratchWhereThereIsNoRoomForIt() {
    // The cap allows the scratch alone, and the operands alone, not both.
    try (Engine engine = engine(OPERANDS + SCRATCH - 64)) {
      ConvPlan plan = engine.plan(PROBLEM);
      assertEquals("fast", plan.algorithm());
      for (int run = 0; run < 3; run++) {
        try (Tensor x = x(engine);
            Tensor w = w(engine);
            Tensor y = plan.run(x, w)) {
          assertEquals(FakeDevice.LEAN, y.toFloatArray()[0]);
        }
      }
      assertEquals(1, device.leanPlans.get(), "planned once, not at every run");
      assertTrue(device.memory.peak() <= OPERANDS + SCRATCH - 64);
    }
  }

  @Test
  void capOfExactlyTheOperandsIsEnough() {
    try (Engine engine = engine(OPERANDS);
        Tensor x = x(engine);
        Tensor w = w(engine);
        Tensor y = engine.plan(PROBLEM).run(x, w)) {
      assertEquals(FakeDevice.LEAN, y.toFloatArray()[0]);
      assertEquals(OPERANDS, engine.memory().peakReserved());
    }
  }

  @Test
  void scratchIsUsedAgainWhenThereIsRoom() {
    try (Engine engine = engine(OPERANDS + SCRATCH)) {
      ConvPlan plan = engine.plan(PROBLEM);
      Tensor x = x(engine);
      Tensor w = w(engine);
      Tensor y = plan.newResult();
      Tensor inTheWay = engine.tensor(Shape.of(1, SCRATCH / 8), DType.F32);
      assertThrows(
          DeviceOutOfMemoryException.class, () -> engine.tensor(Shape.of(SCRATCH), DType.F32));
      plan.run(x, w, null, null, y);
      assertEquals(FakeDevice.LEAN, y.toFloatArray()[0]);
      inTheWay.close();
      plan.run(x, w, null, null, y);
      assertEquals(FakeDevice.FAST, y.toFloatArray()[0]);
    }
  }

  @Test
  void runThatCannotDoWithLessThrowsOutOfMemory() {
    try (Engine engine = engine(OPERANDS + SCRATCH - 64)) {
      ConvPlan forced = engine.plan(PROBLEM, ConvOptions.builder().algorithm("fast").build());
      try (Tensor x = x(engine);
          Tensor w = w(engine)) {
        var full = assertThrows(DeviceOutOfMemoryException.class, () -> forced.run(x, w));
        assertEquals(SCRATCH, full.requested());
        assertEquals("fake:0", full.device());
        assertEquals("tensor [1, 4, 8, 8] f32", full.topOwners().get(0).label(), full::getMessage);
        assertEquals(2, engine.memory().live(), "the result was closed");
      }
    }
  }

  @Test
  void injectedFaultIsSurvivedByTrimAndRetry() {
    EngineOptions options = EngineOptions.DEFAULT.withInstrument(FaultInjection.atRequest(2));
    try (Engine engine = FakeDevice.engine(device, options);
        Tensor small = engine.tensor(Shape.of(10), DType.F32);
        Tensor large = engine.tensor(Shape.of(1 << 20), DType.F32)) {
      assertEquals(2, engine.memory().live());
      assertEquals(40, small.bytes() + large.bytes() - (4 << 20));
    }
  }

  @Test
  void everyFaultPatternEndsInAResultOrInOutOfMemory() {
    int completed = 0;
    for (int seed = 0; seed < 200; seed++) {
      FakeDevice own = new FakeDevice(1L << 30, SCRATCH);
      EngineOptions options =
          EngineOptions.DEFAULT
              .withMemoryLimit(OPERANDS + SCRATCH)
              .withLeakLevel(LeakLevel.OFF)
              .withInstrument(FaultInjection.randomly(seed, 0.6));
      try (Engine engine = FakeDevice.engine(own, options)) {
        try (Tensor x = x(engine);
            Tensor w = w(engine);
            Tensor y = engine.plan(PROBLEM).run(x, w)) {
          assertTrue(y.toFloatArray()[0] > 0);
          completed++;
        } catch (DeviceOutOfMemoryException full) {
          assertInstanceOf(DeviceOutOfMemoryException.class, full);
        }
        assertEquals(0, engine.memory().live(), "seed " + seed);
        engine.trim();
        assertEquals(0, own.memory.used(), "seed " + seed);
      }
    }
    assertTrue(completed > 20 && completed < 190, "completed " + completed);
  }

  @Test
  @SuppressWarnings("restricted") // Writing outside of a segment is the point.
  void poisonedOperandsAreGuardedThroughTheEngine() {
    EngineOptions options = EngineOptions.DEFAULT.withInstrument(Poison::new);
    Engine engine = FakeDevice.engine(device, options);
    Tensor x = x(engine);
    assertTrue(Float.isNaN(x.toFloatArray()[0]), "fresh tensors are NaN");
    x.copyFrom(new float[256]);
    x.close();
    try (Tensor again = x(engine)) {
      assertTrue(Float.isNaN(again.toFloatArray()[255]), "also when memory could be reused");
    }
    Tensor y = engine.tensor(Shape.of(3), DType.F32);
    y.segment().reinterpret(16).set(ValueLayout.JAVA_BYTE, 12, (byte) 0);
    var overrun = assertThrows(IllegalStateException.class, y::close);
    assertEquals(
        "memory outside of tensor [3] f32 was overwritten: byte 12 of a block of 12 bytes",
        overrun.getMessage());
    engine.close();
    assertEquals(0, device.memory.used());
  }

  @Test
  void deviceFullOfForgottenTensorsIsEmptiedOfThem() {
    EngineOptions options =
        EngineOptions.DEFAULT.withMemoryLimit(8 << 20).withLeakLevel(LeakLevel.SIMPLE);
    try (Engine engine = FakeDevice.engine(device, options)) {
      for (int i = 0; i < 8; i++) {
        forget(engine);
      }
      assertEquals(8, engine.openHandles().size());
      try (Tensor served = engine.tensor(Shape.of(2 << 20), DType.F32)) {
        assertEquals(1, engine.memory().live());
        assertEquals(8 << 20, served.bytes());
      }
    }
  }

  private static void forget(Engine engine) {
    Tensor forgotten = engine.tensor(Shape.of(1 << 18), DType.F32);
    assertEquals(1 << 20, forgotten.bytes());
  }

  @Test
  void exceptionSaysThatForgottenHandlesWereAskedFor() {
    try (Engine engine = engine(1 << 20);
        Tensor kept = engine.tensor(Shape.of(100), DType.F32)) {
      var full =
          assertThrows(
              DeviceOutOfMemoryException.class, () -> engine.tensor(Shape.of(1 << 20), DType.F32));
      assertEquals("asked for forgotten handles", full.attempts().getLast());
      assertEquals(3, full.attempts().size(), full::getMessage);
      assertTrue(full.topOwners().get(0).label().equals(kept.toString()), full.getMessage());
    }
  }
}
