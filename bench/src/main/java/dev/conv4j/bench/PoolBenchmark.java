package dev.conv4j.bench;

import dev.conv4j.DType;
import dev.conv4j.Engine;
import dev.conv4j.EngineOptions;
import dev.conv4j.Shape;
import dev.conv4j.memory.LeakLevel;
import dev.conv4j.memory.MemoryBudget;
import dev.conv4j.memory.MemoryPool;
import dev.conv4j.spi.Allocation;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What memory costs when the pool has it: allocate and give back, the pair. Percentiles by {@code
 * SampleTime}, garbage by {@code -prof gc}, contention by {@code -t 8}.
 */
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class PoolBenchmark {

  /** The sizes a network asks for: activations of four stages, a filter, a bias, scratch. */
  private static final long[] SIZES = {
    3_211_264, 1_605_632, 802_816, 401_408, 147_456, 256, 2_359_296, 1_024
  };

  /** A pool that has seen every size. */
  @State(Scope.Benchmark)
  public static class Pools {

    /** Whether there is a budget, under which blocks are exact. */
    @Param({"false", "true"})
    public boolean capped;

    private MemoryPool pool;

    /** Lets the pool see every size, as often as there may be threads. */
    @Setup
    public void fill() {
      long limit = capped ? 1L << 40 : Long.MAX_VALUE;
      pool = new MemoryPool("host:0", new MemoryBudget("host:0", new Addresses(), limit), () -> {});
      Allocation[] all = new Allocation[SIZES.length * 64];
      for (int i = 0; i < all.length; i++) {
        all[i] = pool.allocate(SIZES[i % SIZES.length], "warm up");
      }
      for (Allocation allocation : all) {
        pool.deallocate(allocation);
      }
    }

    /** Proves that the benchmark measured what it says. */
    @TearDown
    public void everythingWasAHit() {
      var statistics = pool.statistics();
      if (statistics.requests() - statistics.hits() > 64L * SIZES.length) {
        throw new IllegalStateException("the device was asked: " + statistics);
      }
    }
  }

  /** One size at a time. */
  @Benchmark
  public Allocation hit(Pools pools) {
    Allocation allocation = pools.pool.allocate(401_408, "owner");
    pools.pool.deallocate(allocation);
    return allocation;
  }

  /** A pool and where its thread stands in the sequence of sizes. */
  @State(Scope.Thread)
  public static class Walk {
    private final Allocation[] live = new Allocation[4];
    private int step;

    /** Gives back what the last round left. */
    @TearDown(Level.Iteration)
    public void end(Pools pools) {
      for (int i = 0; i < live.length; i++) {
        if (live[i] != null) {
          pools.pool.deallocate(live[i]);
          live[i] = null;
        }
      }
    }
  }

  /** A walk through a network: four blocks live at any time, sizes in turn. */
  @Benchmark
  public Allocation walk(Pools pools, Walk walk) {
    int place = walk.step & 3;
    Allocation last = walk.live[place];
    if (last != null) {
      pools.pool.deallocate(last);
    }
    Allocation next = pools.pool.allocate(SIZES[walk.step++ % SIZES.length], "owner");
    walk.live[place] = next;
    return next;
  }

  /** An engine on the CPU. */
  @State(Scope.Benchmark)
  public static class Engines {

    /** How forgotten handles are found. */
    @Param({"OFF", "SIMPLE", "ADVANCED", "PARANOID"})
    public LeakLevel leaks;

    private final Shape shape = Shape.of(1, 64, 56, 56);
    private Engine engine;

    /** Opens it and lets its pool see the shape. */
    @Setup
    public void open() {
      engine = Engine.open(EngineOptions.DEFAULT.withDevice("cpu").withLeakLevel(leaks));
      engine.tensor(shape, DType.F32).close();
    }

    /** Closes it. */
    @TearDown
    public void close() {
      engine.close();
    }
  }

  /** The whole handle: memory, lifetime, leak watch. */
  @Benchmark
  public void tensor(Engines engines) {
    engines.engine.tensor(engines.shape, DType.F32).close();
  }
}
