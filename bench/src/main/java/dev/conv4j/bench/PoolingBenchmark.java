package dev.conv4j.bench;

import dev.conv4j.Axes;
import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.OperatorPlan;
import dev.conv4j.Shape;
import dev.conv4j.Tensor;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import java.util.List;
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

/** Pooling as networks ask for it, on one thread. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Thread)
public class PoolingBenchmark {

  /** Kind, channels, extent, window, stride, padding. */
  @Param({
    "MAX 64 111 3 2 0",
    "MAX 64 112 3 2 1",
    "MAX 256 13 3 2 0",
    "MAX 192 28 3 1 1",
    "MAX 64 224 2 2 0",
    "AVERAGE 192 28 3 1 1",
    "AVERAGE 128 56 2 2 0",
    "AVERAGE 1024 7 7 1 0"
  })
  public String problem;

  /** Where the channels lie. */
  @Param({"first", "last"})
  public String channels;

  private Engine engine;
  private OperatorPlan plan;
  private Tensor x;
  private Tensor y;

  /** Plans, and fills the input with random numbers. */
  @Setup
  public void open() {
    engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withThreads(1));
    PoolingProblem wanted = parse();
    plan = OperatorPlan.on(engine, wanted).orElseThrow();
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[Math.toIntExact(wanted.inputElements().getFirst())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    x = engine.tensor(Shape.of(values.length), values);
    y = engine.tensor(Shape.of(wanted.resultElements()), DType.F32);
  }

  private PoolingProblem parse() {
    String[] parts = problem.split(" ", -1);
    long[] n = new long[parts.length];
    for (int i = 1; i < n.length; i++) {
      n[i] = Long.parseLong(parts[i]);
    }
    long output = (n[2] + 2 * n[5] - n[3]) / n[4] + 1;
    PoolingProblem apart =
        new PoolingProblem(
            Kind.valueOf(parts[0]),
            n[1],
            new Axes(1, n[2], n[2]),
            new Axes(1, n[3], n[3]),
            new Axes(1, n[4], n[4]),
            Axes.ONES,
            new Axes(0, n[5], n[5]),
            new Axes(0, n[5], n[5]),
            new Axes(1, output, output));
    return channels.equals("last") ? apart.channelsLast(n[1], n[1], n[1]) : apart;
  }

  /** Closes the engine and with it everything else. */
  @TearDown
  public void close() {
    engine.close();
  }

  /** One run. */
  @Benchmark
  public void run() {
    plan.run(List.of(x), y);
  }
}
