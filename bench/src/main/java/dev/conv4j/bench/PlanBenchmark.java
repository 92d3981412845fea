package dev.conv4j.bench;

import dev.conv4j.ConvOptions;
import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.PackedFilter;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Whole calls of small convolutions on one thread. The first problem computes one product, so that
 * its run is what every run costs besides; garbage by {@code -prof gc}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Thread)
public class PlanBenchmark {

  /** Nothing, then images of 8x8 with few channels. */
  @Param({"c1i1x1k1f1x1", "c1i8x8k1f3x3p1", "c4i8x8k4f3x3p1", "c16i8x8k16f1x1", "c16i8x8k16f3x3p1"})
  public String problem;

  private Engine engine;
  private Convolution convolution;
  private ConvPlan plan;
  private Tensor x;
  private Tensor w;
  private Tensor y;
  private PackedFilter packed;

  /** Plans, and fills the operands with random numbers. */
  @Setup
  public void plan() {
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
    convolution = Convolution.parse(problem);
    plan = engine.plan(convolution);
    x = randoms(convolution.inputShape(), 1);
    w = randoms(convolution.filterShape(), 2);
    y = plan.newResult();
    packed = plan.pack(w);
  }

  private Tensor randoms(Shape shape, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return engine.tensor(shape, values);
  }

  /** Closes what was opened. */
  @TearDown
  public void close() {
    packed.close();
    y.close();
    w.close();
    x.close();
    engine.close();
  }

  /** A run with a filter packed beforehand. */
  @Benchmark
  public void runPacked() {
    plan.run(x, packed, null, null, y);
  }

  /** A run that packs its filter. */
  @Benchmark
  public void runPlain() {
    plan.run(x, w, null, null, y);
  }

  /** A run into a fresh tensor. */
  @Benchmark
  public void runFresh() {
    plan.run(x, w).close();
  }

  /** Packing alone. */
  @Benchmark
  public void pack() {
    plan.pack(w).close();
  }

  /** Finding the plan in the cache. */
  @Benchmark
  public ConvPlan findPlan() {
    return engine.plan(convolution, ConvOptions.DEFAULT);
  }
}
