package dev.conv4j.bench;

import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
 * The innermost loops of the CPU on data in the first-level cache. A tile's multiply-adds are
 * {@code rows x columns x depth}; run with {@code --add-modules jdk.incubator.vector}, else the
 * plain loops are measured. Three forks or more: what the compiler makes of a kernel can differ
 * from one JVM to the next.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 3, jvmArgsAppend = "--add-modules=jdk.incubator.vector")
@State(Scope.Thread)
public class MicrokernelBenchmark {

  private static final int ELEMENTS = 1 << 16;
  private static final int POINTS = 224;

  /** Products in each sum: a pointwise layer of few channels, of many, and a 3x3 layer. */
  @Param({"64", "256", "576"})
  public int depth;

  private final Kernels kernels = Kernels.best();
  private Arena arena;
  private MemorySegment a;
  private MemorySegment b;
  private MemorySegment c;
  private int[] offsets;
  private MemorySegment places;

  /** Fills the operands with random numbers. */
  @Setup
  public void fill() {
    arena = Arena.ofShared();
    a = randoms(1);
    b = randoms(2);
    c = randoms(3);
    offsets = new int[depth];
    places = arena.allocate((depth + 1L) * Long.BYTES, Long.BYTES);
    for (int k = 0; k < depth; k++) {
      offsets[k] = (k / 9 * 288 + k % 9 / 3 * 58 + k % 3) * Float.BYTES;
      places.setAtIndex(ValueLayout.JAVA_LONG, k, offsets[k]);
    }
  }

  private MemorySegment randoms(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    MemorySegment segment = arena.allocate((long) ELEMENTS * Float.BYTES, 64);
    for (long i = 0; i < ELEMENTS; i++) {
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
    }
    return segment;
  }

  /** Frees the operands. */
  @TearDown
  public void free() {
    arena.close();
  }

  private long pitch() {
    return (long) kernels.columns() * Float.BYTES;
  }

  /** A gathered panel times a panel of filters. */
  @Benchmark
  public void gatheredTile() {
    kernels.wide().run(depth, a, 0, b, 0, c, 0, pitch());
  }

  /** A panel of filters times a tile of points, both packed. */
  @Benchmark
  public void packedTile() {
    kernels.packed().getFirst().wide().run(depth, a, 0, b, 0, c, 0, pitch());
  }

  /** Rows where they lie times a panel of filters. */
  @Benchmark
  public void tileOfRows() {
    long row = (depth + 16L) * Float.BYTES;
    kernels.wide().runRows(depth, a, 0, row, b, 0, c, 0, pitch(), b, 0);
  }

  /** Filters times planes where they lie. */
  @Benchmark
  public void planesInPlace() {
    kernels
        .planes()
        .getFirst()
        .wide()
        .run(depth, a, 0, b, 0, places, offsets[depth - 1], c, 0, pitch(), 1, 0);
  }

  /** One tile's panel gathered from planes. */
  @Benchmark
  public void gather() {
    kernels.moves().gather(b, 0, 1, offsets, depth, c, 0);
  }

  /** A panel of sums turned into planes. */
  @Benchmark
  public void transpose() {
    Moves moves = kernels.moves();
    moves.transpose(b, 0, pitch(), c, 0, (long) POINTS * Float.BYTES, POINTS, kernels.columns());
  }
}
