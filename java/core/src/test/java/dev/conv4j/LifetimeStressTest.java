package dev.conv4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.conv4j.memory.LeakLevel;
import dev.conv4j.memory.Poison;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random interleavings of open, use and close of engines, tensors and plans by many threads.
 * Whatever they do, an operation succeeds or throws {@link ClosedException}: freed memory is never
 * touched, which the fake device would notice, and every engine is released exactly once.
 */
@Timeout(120)
class LifetimeStressTest {

  private static final Convolution PROBLEM = Convolution.parse("n1c2i4x4k2f1");
  private static final int OPERATIONS = 10_000;
  private static final int PER_ENGINE = 200;
  private static final int ACTORS = 8;

  private final AtomicInteger succeeded = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anyInterleavingIsSafe(boolean virtual) throws Exception {
    long seed = Long.getLong("conv4j.test.seed", System.nanoTime());
    System.out.println("LifetimeStressTest -Dconv4j.test.seed=" + seed);
    SplittableRandom seeds = new SplittableRandom(seed);
    try (ExecutorService threads =
        virtual
            ? Executors.newVirtualThreadPerTaskExecutor()
            : Executors.newFixedThreadPool(ACTORS)) {
      for (int engines = 0; engines < OPERATIONS / PER_ENGINE; engines++) {
        // Every other engine pools nothing: there, memory used too late is memory that is gone.
        EngineOptions options = EngineOptions.DEFAULT.withLeakLevel(LeakLevel.SIMPLE);
        interleave(
            engines % 2 == 0 ? options : options.withInstrument(Poison::new), threads, seeds);
      }
    }
    assertEquals(OPERATIONS, succeeded.get() + refused.get());
    assertTrue(succeeded.get() > OPERATIONS / 5, "mostly refused: " + refused);
    assertTrue(refused.get() > OPERATIONS / 50, "nothing was closed in time: " + refused);
  }

  private void interleave(EngineOptions options, ExecutorService threads, SplittableRandom seeds)
      throws Exception {
    FakeDevice device = new FakeDevice(1L << 24, 256);
    device.during = Thread::yield;
    Engine engine = FakeDevice.engine(device, options);
    Tensor[] shared = new Tensor[6];
    for (int i = 0; i < shared.length; i++) {
      shared[i] =
          engine.tensor(i % 2 == 0 ? PROBLEM.inputShape() : PROBLEM.filterShape(), DType.F32);
    }
    ConvPlan plan = engine.plan(PROBLEM);
    List<Callable<Void>> actors = new ArrayList<>();
    for (int actor = 0; actor < ACTORS; actor++) {
      SplittableRandom random = seeds.split();
      actors.add(() -> {
        for (int i = 0; i < PER_ENGINE / ACTORS; i++) {
          attempt(engine, plan, shared, random);
        }
        return null;
      });
    }
    for (Future<Void> actor : threads.invokeAll(actors)) {
      LifetimeOfHandlesTest.rethrow(actor);
    }
    engine.close();
    assertEquals(1, device.closes.get());
    assertEquals(1, device.memory.closes());
  }

  private void attempt(Engine engine, ConvPlan plan, Tensor[] shared, SplittableRandom random) {
    Tensor x = shared[2 * random.nextInt(3)];
    Tensor w = shared[1 + 2 * random.nextInt(3)];
    try {
      switch (random.nextInt(24)) {
        case 0 -> shared[random.nextInt(shared.length)].close();
        case 1 -> {
          if (random.nextInt(8) == 0) {
            engine.close();
          }
        }
        case 2 -> engine.trim();
        case 3, 4 -> x.copyFrom(new float[32]);
        case 5, 6 -> x.toFloatArray();
        case 7 -> x.reshape(Shape.of(32)).close();
        case 8, 9 -> runPacked(plan, x, w);
        case 10, 11 -> {
          int place = 2 * random.nextInt(3);
          Tensor fresh = engine.tensor(PROBLEM.inputShape(), DType.F32);
          Tensor old = shared[place];
          shared[place] = fresh;
          old.close();
        }
        default -> {
          try (Tensor y = plan.run(x, w)) {
            assertEquals(FakeDevice.FAST, y.toFloatArray()[31]);
          }
        }
      }
      succeeded.incrementAndGet();
    } catch (ClosedException closed) {
      refused.incrementAndGet();
    }
  }

  private static void runPacked(ConvPlan plan, Tensor x, Tensor w) {
    try (PackedFilter packed = plan.pack(w);
        Tensor y = plan.newResult()) {
      plan.run(x, packed, null, null, y);
    }
  }
}
