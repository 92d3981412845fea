package dev.conv4j.cpu.operator;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.code.LineFormula;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.LineKernel;
import dev.conv4j.cpu.microkernel.MachineLines;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Maxima of small windows over pixels of whole vectors of channels, in machine code: the rows of a
 * window into scratch, and from there the pixels of a row. {@link PoolingKernel} for memory that is
 * not the library's own.
 */
final class PixelMaxima implements CpuOperator.Work {

  /** Bytes of input that are worth a turn of a thread. */
  private static final long TURN = 1 << 16;

  private static final long VECTOR = (long) Lanes.COUNT * Float.BYTES;

  /** Of so many vectors at index one less; none where there is no machine code. */
  private static final List<LineKernel> MAXIMA = maxima();

  private final PoolingProblem problem;
  private final PoolingWindows windows;
  private final Workers workers;
  private final PoolingKernel otherwise;

  /** Scratch that nobody uses: as much as there were threads at a time. */
  private final Queue<MemorySegment> idle = new ConcurrentLinkedQueue<>();

  /** Pixels of a row of scratch: those before the input's first, the input's, all. */
  private final long before;

  private final int inside;
  private final long covered;

  PixelMaxima(PoolingProblem problem, CpuContext context) {
    this.problem = problem;
    this.windows = new PoolingWindows(problem);
    this.workers = context.workers();
    this.otherwise = new PoolingKernel(problem, context);
    this.before = problem.begin().w();
    this.covered = (problem.output().w() - 1) * problem.stride().w() + windows.reach(2);
    this.inside = Math.toIntExact(Math.clamp(covered - before, 0, problem.input().w()));
  }

  private static List<LineKernel> maxima() {
    List<LineKernel> kernels = new ArrayList<>();
    for (int count = 1; count <= LineFormula.LONGEST; count++) {
      LineFormula formula = new LineFormula();
      int greatest = formula.input();
      for (int i = 1; i < count; i++) {
        greatest = formula.maximum(greatest, formula.input());
      }
      formula.result(greatest);
      Optional<LineKernel> kernel = MachineLines.of(formula);
      if (kernel.isEmpty()) {
        return List.of();
      }
      kernels.add(kernel.get());
    }
    return List.copyOf(kernels);
  }

  static boolean takes(PoolingProblem problem) {
    boolean flat =
        problem.window().d() == 1
            && problem.stride().d() == 1
            && problem.begin().d() == 0
            && problem.output().d() == problem.input().d();
    return flat
        && problem.kind() == Kind.MAX
        && !problem.planesApart()
        && problem.channels() % Lanes.COUNT == 0
        && problem.window().h() <= MAXIMA.size()
        && problem.window().w() <= MAXIMA.size()
        && PoolingKernel.takes(problem);
  }

  @Override
  public void run(OperatorOperands operands) {
    if (!CpuBlock.isOwn(operands.inputs().getFirst()) || !CpuBlock.isOwn(operands.result())) {
      otherwise.run(operands);
      return;
    }
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long height = problem.output().h();
    long rows = problem.planes() / problem.channels() * problem.output().d() * height;
    long together = Math.max(1, TURN / (rowBytes() * problem.stride().h()));
    workers.run(
        Math.ceilDiv(rows, together),
        workers.threads(),
        (slot, turn) -> {
          MemorySegment scratch = idle.poll();
          if (scratch == null) {
            scratch = scratch();
          }
          long end = Math.min(rows, (turn + 1) * together);
          for (long row = turn * together; row < end; row++) {
            join(x, row / height, row % height, scratch);
            pool(scratch, y, row);
          }
          idle.add(scratch);
        });
  }

  private long rowBytes() {
    return problem.input().w() * problem.inputPitch() * Float.BYTES;
  }

  private long pixelBytes() {
    return problem.channels() * Float.BYTES;
  }

  private long vectors() {
    return problem.channels() / Lanes.COUNT;
  }

  /** Returns a row of what is less than everything. */
  private MemorySegment scratch() {
    MemorySegment row = Arena.ofAuto().allocate(covered * pixelBytes(), VECTOR);
    fill(row);
    return row;
  }

  private static void fill(MemorySegment row) {
    for (long i = 0; i < row.byteSize() / Float.BYTES; i++) {
      row.setAtIndex(JAVA_FLOAT, i, Float.NEGATIVE_INFINITY);
    }
  }

  /** Joins the rows of input under a row of output. */
  private void join(MemorySegment x, long slice, long row, MemorySegment scratch) {
    int first = windows.first(1, row);
    int taps = windows.end(1, row) - first;
    if (taps <= 0) {
      fill(scratch);
      return;
    }
    long dilation = problem.dilation().h();
    long top = row * problem.stride().h() - problem.begin().h() + first * dilation;
    long at = (slice * problem.input().h() + top) * rowBytes();
    long to = before * pixelBytes();
    long step = dilation * rowBytes();
    LineKernel kernel = MAXIMA.get(taps - 1);
    if (problem.inputPitch() == problem.channels()) {
      int count = Math.toIntExact(inside * vectors());
      kernel.run(x, at, step, VECTOR, scratch, to, 0, VECTOR, count);
      return;
    }
    long pixel = problem.inputPitch() * Float.BYTES;
    for (long v = 0; v < vectors(); v++) {
      long skip = v * VECTOR;
      kernel.run(x, at + skip, step, pixel, scratch, to + skip, 0, pixelBytes(), inside);
    }
  }

  /** Joins the pixels of each window of a row. */
  private void pool(MemorySegment scratch, MemorySegment y, long row) {
    LineKernel kernel = MAXIMA.get((int) problem.window().w() - 1);
    long step = problem.dilation().w() * pixelBytes();
    long next = problem.stride().w() * pixelBytes();
    long pixel = problem.outputPitch() * Float.BYTES;
    int width = Math.toIntExact(problem.output().w());
    long to = row * width * pixel;
    for (long v = 0; v < vectors(); v++) {
      long skip = v * VECTOR;
      kernel.run(scratch, skip, step, next, y, to + skip, 0, pixel, width);
    }
  }
}
