package dev.conv4j.cpu;

import dev.conv4j.Activation;
import dev.conv4j.Axes;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Epilogue;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.memory.CpuMemory;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.PackedKernels;
import dev.conv4j.cpu.microkernel.PlaneKernels;
import dev.conv4j.cpu.operator.CpuOperators;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.ManyShapes;
import dev.conv4j.spi.Algorithm;
import dev.conv4j.spi.Block;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import dev.conv4j.spi.Verdict;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import dev.conv4j.spi.operator.ProductProblem;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Has the JVM compile the inner loops before a network needs them, once in a process. A vector
 * instruction that is not compiled yet is a call with an object, a hundred times slower, and the
 * JVM compiles what is called often, however long a call takes. So the innermost loops are called
 * with next to nothing to do, and then tiny problems are run by each algorithm, all in turn, until
 * they are quick.
 */
final class WarmUp {

  /**
   * A problem of a few tiles.
   *
   * @param algorithm which takes it
   * @param problem how it is spelled
   * @param residual whether the epilogue has one beside its bias
   */
  record Tiny(String algorithm, String problem, boolean residual) {}

  /** The convolutions. Widths and channels are such that wide and narrow tiles both occur. */
  static final List<Tiny> CONVOLUTIONS =
      List.of(
          new Tiny("direct", "n1c1i8x96k8f7x7s2p3", false),
          new Tiny("direct", "n1c8i4x48k8f1x1", true),
          new Tiny("packed-gemm", "n1c8i4x44k16f1x1", true),
          new Tiny("packed-gemm", "n1c8i9x9k16f3x3s2p1", false),
          new Tiny("winograd-4x3", "n1c16i4x4k32f3x3p1", false),
          new Tiny("pointwise", "n1c8i7x4k48f1x1", true),
          new Tiny("pointwise", "n1c8i6x4k64f1x1", true),
          new Tiny("pointwise", "n1c8i6x4k64f1x1", false),
          new Tiny("implicit-gemm", "n1c3i12x13k64f3x3s2p1", false),
          new Tiny("implicit-gemm", "n1c8i7x7k32f3x3s2p1", false),
          new Tiny("implicit-gemm", "n1c8i7x7k32f1x1s2", false),
          new Tiny("winograd-2x3", "n1c16i2x2k32f3x3p1", false));

  /** Pooling and the last layers of classifiers. */
  static final List<OperatorProblem> OPERATORS =
      List.of(
          new PoolingProblem(
              Kind.MAX,
              1,
              new Axes(1, 16, 48),
              new Axes(1, 3, 3),
              new Axes(1, 2, 2),
              Axes.ONES,
              new Axes(0, 1, 1),
              Axes.ZEROS,
              new Axes(1, 8, 24)),
          new PoolingProblem(
              Kind.AVERAGE,
              8,
              new Axes(1, 7, 7),
              new Axes(1, 7, 7),
              Axes.ONES,
              Axes.ONES,
              Axes.ZEROS,
              Axes.ZEROS,
              Axes.ONES),
          new ProductProblem(1, 1, 16, 64, false, true, 0, 0, 1, true, Activation.NONE));

  /** The longest it may take. */
  private static final long LIMIT = TimeUnit.SECONDS.toNanos(3);

  /** A run of a tiny problem takes a tenth of this when its loops are compiled. */
  private static final long QUICK_PROBLEM = TimeUnit.MICROSECONDS.toNanos(40);

  /** The same for a call of a single loop. */
  private static final long QUICK_LOOP = TimeUnit.MICROSECONDS.toNanos(2);

  /** Products of a call: enough for the compiler to see that the loop is one. */
  private static final int DEPTH = 16;

  /** Places and a distance in the memory that single loops work on, in bytes. */
  private static final long OPERAND = 1 << 14;

  private static final long TARGET = 1 << 16;
  private static final long ROW = 1 << 10;
  private static final long MEMORY = 1 << 18;

  /**
   * Bytes behind operands. The compiler checks bounds once before a loop, for a turn more than it
   * makes; where that fails, the loop is compiled again, with checks inside.
   */
  private static final long SLACK = 1 << 16;

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static boolean done;

  private WarmUp() {}

  /**
   * Something to run until it is compiled.
   *
   * @param call one run
   * @param quick nanoseconds that it takes at most when it is compiled
   */
  record Work(Runnable call, long quick) {

    boolean isQuick() {
      long start = System.nanoTime();
      call.run();
      return System.nanoTime() - start < quick;
    }
  }

  /** Does it, or waits for the thread that does. Nothing where vectors are not in use. */
  static void once(CpuContext context) {
    LOCK.lock();
    try {
      if (!done && context.hasVectors()) {
        done = true;
        ManyShapes.meet();
        run(context);
      }
    } finally {
      LOCK.unlock();
    }
  }

  private static void run(CpuContext context) {
    long end = System.nanoTime() + LIMIT;
    try (Workers alone = new Workers(1, null);
        CpuMemory memory = new CpuMemory("warm-up", () -> -1)) {
      CpuContext single = new CpuContext(alone, context.processor(), context.vectorBits());
      untilQuick(loops(memory), end);
      untilQuick(problems(single, memory), end);
    }
  }

  private static void untilQuick(List<Work> works, long end) {
    List<Work> slow = new ArrayList<>(works);
    while (!slow.isEmpty() && System.nanoTime() < end) {
      slow.removeIf(Work::isQuick);
    }
  }

  /** Returns the loops that take most of the time of all algorithms, each by itself. */
  private static List<Work> loops(CpuMemory memory) {
    Kernels kernels = Kernels.best();
    Moves moves = kernels.moves();
    PackedKernels packed = kernels.packed().getFirst();
    PlaneKernels planes = kernels.planes().getFirst();
    MemorySegment m = CpuBlock.segment(block(memory, MEMORY));
    int[] offsets = new int[DEPTH];
    Stream<Runnable> tiles =
        kernels.each().stream()
            .map(Kernels::wide)
            .flatMap(tile ->
                Stream.of(
                    () -> tile.run(DEPTH, m, 0, m, OPERAND, m, TARGET, ROW),
                    () -> tile.runRows(DEPTH, m, 0, ROW, m, OPERAND, m, TARGET, ROW, m, 0)));
    Stream<Runnable> others =
        Stream.of(
            () -> planes.wide().run(DEPTH, m, 0, m, OPERAND, m, 0, m, TARGET, ROW, 2, 0),
            () -> planes.narrow().run(DEPTH, m, 0, m, OPERAND, m, 0, m, TARGET, ROW, 1, 0),
            () -> kernels.narrow().run(DEPTH, m, 0, m, OPERAND, m, TARGET, ROW),
            () -> packed.wide().run(DEPTH, m, 0, m, OPERAND, m, TARGET, ROW),
            () -> packed.narrow().run(DEPTH, m, 0, m, OPERAND, m, TARGET, ROW),
            () -> moves.transpose(m, 0, ROW, m, TARGET, ROW, DEPTH, 2 * DEPTH),
            () -> moves.copy(m, 0, 2, m, TARGET, 4 * DEPTH),
            () -> moves.gather(m, 0, 1, offsets, DEPTH, m, TARGET),
            () -> moves.gather(m, 0, 2, offsets, DEPTH, m, TARGET));
    return Stream.concat(tiles, others).map(call -> new Work(call, QUICK_LOOP)).toList();
  }

  /** Returns what makes whole algorithms quick. Problems not taken on this machine are left out. */
  static List<Work> problems(CpuContext context, CpuMemory memory) {
    List<Algorithm<ConvProblem, ConvOperands>> algorithms = CpuAlgorithms.convolutions(context);
    CpuOperators operators = new CpuOperators(context);
    List<Work> works = new ArrayList<>();
    for (Tiny tiny : CONVOLUTIONS) {
      ConvProblem problem = problem(tiny);
      algorithms.stream()
          .filter(algorithm -> algorithm.id().equals(tiny.algorithm))
          .filter(algorithm -> algorithm.check(problem) instanceof Verdict.Yes)
          .map(algorithm -> run(algorithm, problem, memory))
          .forEach(call -> works.add(new Work(call, QUICK_PROBLEM)));
    }
    for (OperatorProblem problem : OPERATORS) {
      Executable<OperatorOperands> executable = executable(operators, problem);
      if (executable != null) {
        List<Block> inputs =
            problem.inputElements().stream().map(n -> block(memory, n * Float.BYTES)).toList();
        Block result = block(memory, problem.resultElements() * Float.BYTES);
        OperatorOperands operands = new OperatorOperands(inputs, result);
        works.add(new Work(() -> executable.run(operands), QUICK_PROBLEM));
      }
    }
    return works;
  }

  private static ConvProblem problem(Tiny tiny) {
    Epilogue epilogue = new Epilogue(true, tiny.residual, Activation.RELU);
    return new ConvProblem(
        Convolution.parse(tiny.problem), ConvOptions.builder().epilogue(epilogue).build());
  }

  private static Runnable run(
      Algorithm<ConvProblem, ConvOperands> algorithm, ConvProblem problem, CpuMemory memory) {
    Executable<ConvOperands> executable = algorithm.compile(problem);
    Convolution convolution = problem.convolution();
    Block filter = block(memory, convolution.filterShape().elements() * Float.BYTES);
    Block packed = block(memory, Math.max(1, executable.packedFilterBytes()));
    boolean packs = executable.packedFilterBytes() > 0;
    if (packs) {
      executable.packFilter(filter, packed);
    }
    Block result = block(memory, convolution.outputShape().elements() * Float.BYTES);
    ConvOperands operands =
        new ConvOperands(
            block(memory, convolution.inputShape().elements() * Float.BYTES),
            packs ? packed : filter,
            packs,
            block(memory, convolution.filters() * Float.BYTES),
            problem.options().epilogue().residual() ? result : null,
            result,
            block(memory, Math.max(1, executable.workspaceBytes(packs))));
    return () -> executable.run(operands);
  }

  @SuppressWarnings("unchecked") // A problem's family is that of its own class.
  private static @Nullable Executable<OperatorOperands> executable(
      CpuOperators operators, OperatorProblem problem) {
    for (Algorithm<?, ?> each : operators.of(problem.family())) {
      var algorithm = (Algorithm<OperatorProblem, OperatorOperands>) each;
      if (algorithm.check(problem) instanceof Verdict.Yes) {
        return algorithm.compile(problem);
      }
    }
    return null;
  }

  private static Block block(CpuMemory memory, long bytes) {
    return memory.allocate(bytes + SLACK, "warm-up").block();
  }
}
