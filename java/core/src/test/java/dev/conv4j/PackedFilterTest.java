package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Forms of one filter for several plans. */
class PackedFilterTest {

  private static final Convolution ONE = Convolution.parse("n1c4i8x8k4f3p1");

  @Test
  void equalFormsShareMemoryWhateverLayInTheGapsBefore() {
    FakeDevice device = new FakeDevice(1L << 30, 0);
    try (Engine engine = FakeDevice.engine(device, EngineOptions.DEFAULT);
        Tensor w = engine.tensor(ONE.filterShape(), DType.F32);
        PackedFilter first = engine.plan(ONE).pack(w)) {
      try (Tensor dirt = engine.tensor(Shape.of(16), DType.F32)) {
        dirt.segment().fill((byte) 0x55);
      }
      ConvPlan plan = engine.plan(ONE.withBatch(2));
      PackedFilter second = plan.pack(w);
      long both = engine.memory().inUse();
      try (PackedFilter shared = second.sharedWith(List.of(first))) {
        assertNotSame(second, shared);
        assertTrue(plan.accepts(shared));
        assertEquals(both - 64, engine.memory().inUse());
      }
    }
  }
}
