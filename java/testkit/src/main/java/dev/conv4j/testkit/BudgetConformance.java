package dev.conv4j.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.DeviceOutOfMemoryException;
import dev.conv4j.Direction;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.FallbackPolicy;
import dev.conv4j.Layout;
import dev.conv4j.memory.FaultInjection;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/**
 * Memory has one budget, on this backend too: a cap is never exceeded, a plan without scratch
 * exists, and a full device leaves an engine that works.
 */
public abstract class BudgetConformance extends EngineFixture {

  /** Opens nothing yet. */
  protected BudgetConformance() {}

  @Test
  void aPlanWithoutScratchAlwaysExistsAndIsRight() {
    for (Convolution problem : PROBLEMS) {
      for (Direction direction : Direction.values()) {
        ConvOptions lean =
            ConvOptions.builder()
                .direction(direction)
                .workspaceCap(0)
                .fallback(FallbackPolicy.ALLOW)
                .build();
        ConvPlan plan = engine().plan(problem, lean);
        assertEquals(0, plan.explain().workspaceBytes());
        TestCase test = EngineRun.test(problem, direction, DataKind.INTEGER);
        assertNull(test.difference(runs().run(plan, test), Layout.NCHW, factor(plan)));
      }
    }
  }

  /** From hopeless to ample: right, or out of memory and usable afterwards; never anything else. */
  @Test
  void everyBudgetEitherSufficesOrSaysSo() {
    Convolution problem = Convolution.parse("n1c16i24x24k24f3x3p1");
    TestCase test = EngineRun.test(problem, Direction.FORWARD, DataKind.INTEGER);
    int refused = 0;
    int right = 0;
    for (long limit = 1 << 10; limit < 1 << 24; limit += limit / 3) {
      try (Engine small = Engine.open(options().withMemoryLimit(limit))) {
        ConvOptions allow = ConvOptions.builder().fallback(FallbackPolicy.ALLOW).build();
        try {
          ConvPlan plan = small.plan(problem, allow);
          MemorySegment result = new EngineRun(small).run(plan, test);
          assertNull(test.difference(result, Layout.NCHW, 1e6));
          right++;
        } catch (DeviceOutOfMemoryException full) {
          assertTrue(String.valueOf(full.getMessage()).length() > 20, full::toString);
          refused++;
        }
        assertTrue(small.memory().peakReserved() <= limit, () -> "over " + small.memory());
        assertEquals(0, small.memory().live(), () -> "left over: " + small.memory());
      }
    }
    assertTrue(refused > 3 && right > 3, refused + " refused, " + right + " right");
  }

  /** The device is full from some request on: right, or out of memory; then there is room again. */
  @Test
  void aDeviceThatFillsUpIsSurvived() {
    Convolution problem = PROBLEMS.getFirst();
    TestCase test = EngineRun.test(problem, Direction.FORWARD, DataKind.INTEGER);
    ConvOptions allow = ConvOptions.builder().fallback(FallbackPolicy.ALLOW).build();
    int refused = 0;
    for (int served = 0; served < 6; served++) {
      long last = served;
      AtomicBoolean full = new AtomicBoolean(true);
      EngineOptions filling =
          options()
              .withInstrument(raw -> new FaultInjection(raw, r -> full.get() && r.number() > last));
      try (Engine unlucky = Engine.open(filling)) {
        EngineRun run = new EngineRun(unlucky);
        ConvPlan plan = unlucky.plan(problem, allow);
        try {
          assertNull(test.difference(run.run(plan, test), Layout.NCHW, 1e6));
        } catch (DeviceOutOfMemoryException expected) {
          refused++;
        }
        assertEquals(0, unlucky.memory().live(), () -> "left over: " + unlucky.memory());
        full.set(false);
        assertNull(test.difference(run.run(plan, test), Layout.NCHW, 1e6));
      }
    }
    assertTrue(refused > 0, "no run met a full device");
  }
}
