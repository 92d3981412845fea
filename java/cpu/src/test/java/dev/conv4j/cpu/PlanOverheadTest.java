package dev.conv4j.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a run costs when there is nothing to compute. */
class PlanOverheadTest {

  private static final long FEW_SMALL_OBJECTS = 600;

  @Test
  @Tag("allocation")
  void runOfACachedPlanAllocatesFewSmallObjects() {
    try (Engine engine = Engine.open("cpu");
        Tensor x = engine.tensor(Shape.of(1, 1, 1), 3);
        Tensor w = engine.tensor(Shape.of(1, 1, 1), 2);
        Tensor y = engine.tensor(Shape.of(1, 1, 1), 0)) {
      ConvPlan plan = engine.plan(Convolution.parse("i1c1k1f1"), ConvOptions.DEFAULT);
      Runnable run = () -> plan.run(x, w, null, null, y);
      long bytes = Allocations.perCall(run, FEW_SMALL_OBJECTS);
      double[] micros = new double[200];
      for (int i = 0; i < micros.length; i++) {
        long start = System.nanoTime();
        for (int j = 0; j < 1000; j++) {
          run.run();
        }
        micros[i] = (System.nanoTime() - start) / 1e6;
      }
      Arrays.sort(micros);
      System.out.printf(
          "cached plan, %s: %d bytes and %.2f us for each run (median; least %.2f)%n",
          plan.algorithm(), bytes, micros[micros.length / 2], micros[0]);
      assertTrue(bytes <= FEW_SMALL_OBJECTS, bytes + " bytes for each run");
    }
  }
}
