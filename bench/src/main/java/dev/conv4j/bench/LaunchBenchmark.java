package dev.conv4j.bench;

import dev.conv4j.ConvPlan;
import dev.conv4j.Convolution;
import dev.conv4j.Engine;
import dev.conv4j.Tensor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What enqueueing a run of a cached plan costs the host on a device that works on its own; garbage
 * by {@code -prof gc}. The emulated driver of the tests will do for a device: it begins nothing
 * before somebody waits, which is not timed.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Thread)
public class LaunchBenchmark {

  /** Less than any driver's queue holds. */
  private static final int BURST = 100;

  /** The device. */
  @Param("cuda:0")
  public String device;

  private Engine engine;
  private ConvPlan plan;
  private Tensor x;
  private Tensor w;
  private Tensor y;

  /** Plans a problem of one product. */
  @Setup
  public void plan() {
    engine = Engine.open(device);
    Convolution convolution = Convolution.parse("c1i1x1k1f1x1");
    plan = engine.plan(convolution);
    x = engine.tensor(convolution.inputShape(), 3);
    w = engine.tensor(convolution.filterShape(), 2);
    y = plan.newResult();
  }

  /** Waits for what was enqueued. */
  @TearDown(Level.Invocation)
  public void await() {
    engine.synchronize();
  }

  /** Closes what was opened. */
  @TearDown
  public void close() {
    y.close();
    w.close();
    x.close();
    engine.close();
  }

  /** Runs, one after the other, into the same result. */
  @Benchmark
  @OperationsPerInvocation(BURST)
  public void enqueue() {
    for (int i = 0; i < BURST; i++) {
      plan.run(x, w, null, null, y);
    }
  }
}
