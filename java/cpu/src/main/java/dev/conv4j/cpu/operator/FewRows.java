package dev.conv4j.cpu.operator;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.RowActivation;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.ProductProblem;
import java.lang.foreign.MemorySegment;

/**
 * Products with few rows of A: every weight is read for a few multiplications only, so it is read
 * where it lies, once, and as fast as memory gives it. Packing could not pay.
 */
final class FewRows implements CpuOperator.Work {

  /** Rows of A up to which this is quicker than a product of packed panels. */
  static final long MOST = 8;

  /** Columns of the result that a thread computes at a time. */
  private static final long COLUMNS = 64;

  private final ProductProblem problem;
  private final Workers workers;

  FewRows(ProductProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
  }

  static boolean takes(ProductProblem problem) {
    boolean dense = !problem.transposedA() || problem.m() == 1;
    return dense && (problem.m() <= MOST || !problem.transposedB()) && problem.k() <= 1 << 28;
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment a = CpuBlock.segment(operands.inputs().get(0));
    MemorySegment b = CpuBlock.segment(operands.inputs().get(1));
    MemorySegment bias = problem.bias() ? CpuBlock.segment(operands.inputs().get(2)) : a;
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long chunks = Math.ceilDiv(problem.n(), COLUMNS);
    workers.run(
        problem.stack() * chunks,
        workers.threads(),
        (slot, item) -> {
          long s = item / chunks;
          long from = item % chunks * COLUMNS;
          int count = (int) Math.min(COLUMNS, problem.n() - from);
          long result = 4 * (s * problem.m() * problem.n() + from);
          columns(a, 4 * s * problem.stepA(), b, 4 * s * problem.stepB(), from, count, y, result);
          finish(bias, from, count, y, result);
        });
  }

  private void columns(
      MemorySegment a,
      long atA,
      MemorySegment b,
      long atB,
      long from,
      int count,
      MemorySegment y,
      long result) {
    long m = problem.m();
    long n = problem.n();
    int k = (int) problem.k();
    if (!problem.transposedB()) {
      for (long i = 0; i < m; i++) {
        ProductRows.scaledSums(
            a, atA + 4 * i * k, k, b, atB + 4 * from, 4 * n, count, y, result + 4 * i * n);
      }
      return;
    }
    int j = 0;
    for (; j <= count - 4; j += 4) {
      for (long i = 0; i < m; i++) {
        long at = result + 4 * (i * n + j);
        ProductRows.dot4(a, atA + 4 * i * k, b, atB + 4 * (from + j) * k, k, y, at);
      }
    }
    for (; j < count; j++) {
      for (long i = 0; i < m; i++) {
        float sum = ProductRows.dot(a, atA + 4 * i * k, b, atB + 4 * (from + j) * k, k);
        y.set(JAVA_FLOAT_UNALIGNED, result + 4 * (i * n + j), sum);
      }
    }
  }

  /** {@code y = activation(alpha·y + bias)}. */
  private void finish(MemorySegment bias, long from, int count, MemorySegment y, long result) {
    for (long i = 0; i < problem.m(); i++) {
      long row = result + 4 * i * problem.n();
      for (int j = 0; j < count; j++) {
        float shift = problem.bias() ? bias.get(JAVA_FLOAT_UNALIGNED, 4 * (from + j)) : 0;
        float sum = y.get(JAVA_FLOAT_UNALIGNED, row + 4L * j);
        y.set(JAVA_FLOAT_UNALIGNED, row + 4L * j, problem.alpha() * sum + shift);
      }
      RowActivation.apply(problem.activation(), y, row, count);
    }
  }
}
