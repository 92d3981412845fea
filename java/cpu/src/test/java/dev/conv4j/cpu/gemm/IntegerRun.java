package dev.conv4j.cpu.gemm;

import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Layout;
import dev.conv4j.Tensor;
import dev.conv4j.cpu.Integers;
import java.util.Random;

/** A problem on the same integers for any algorithm, so that every bit must match. */
final class IntegerRun {

  private IntegerRun() {}

  static float[] of(String problem, String algorithm, Layout layout) {
    Random random = new Random(5);
    Convolution c = Convolution.parse(problem);
    ConvOptions options = ConvOptions.builder().layout(layout).algorithm(algorithm).build();
    try (Engine engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(2));
        Tensor x = engine.tensor(c.inputShape(), DType.F32, layout);
        Tensor w = engine.tensor(c.filterShape(), DType.F32, layout)) {
      x.copyFrom(Integers.random(random, c.inputShape()));
      w.copyFrom(Integers.random(random, c.filterShape()));
      try (Tensor y = engine.plan(c, options).run(x, w)) {
        return y.toFloatArray();
      }
    }
  }
}
