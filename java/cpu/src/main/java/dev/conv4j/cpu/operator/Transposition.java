package dev.conv4j.cpu.operator;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.microkernel.Kernels;
import dev.conv4j.cpu.microkernel.Moves;
import dev.conv4j.cpu.microkernel.Transpose;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Matrices turned on their side: how images get their channels last, and back. */
final class Transposition implements CpuOperator.Work {

  /** Elements that are worth a turn of a thread. */
  private static final long TURN = 1 << 14;

  private final Matrices matrices;
  private final Workers workers;
  private final Moves moves;

  /**
   * A copy as a number of matrices of which rows become columns. Numbers of elements.
   *
   * @param count matrices
   * @param rows rows of the result
   * @param columns columns of the result, neighbours there
   * @param from first element read
   * @param fromMatrix from a matrix to the next
   * @param fromRow from a row to the next, which are columns of the result
   * @param to first element written
   * @param toMatrix from a matrix to the next
   * @param toRow from a row to the next
   */
  private record Matrices(
      long count,
      long rows,
      int columns,
      long from,
      long fromMatrix,
      long fromRow,
      long to,
      long toMatrix,
      long toRow) {}

  Transposition(StridedCopyProblem problem, CpuContext context) {
    this.matrices = java.util.Objects.requireNonNull(matrices(problem));
    this.workers = context.workers();
    this.moves = Kernels.best().moves();
  }

  static boolean takes(StridedCopyProblem problem) {
    return matrices(problem) != null;
  }

  private static @Nullable Matrices matrices(StridedCopyProblem problem) {
    StridedCopyProblem merged = problem.merged();
    List<Long> extents = merged.extents();
    List<Long> from = merged.fromStrides();
    List<Long> to = merged.toStrides();
    int axes = extents.size();
    if (axes < 2
        || axes > 3
        || from.get(axes - 2) != 1
        || to.get(axes - 1) != 1
        || from.get(axes - 1) < extents.get(axes - 2)
        || to.get(axes - 2) < extents.get(axes - 1)
        || extents.get(axes - 1) > Integer.MAX_VALUE
        || (axes == 3 && (from.get(0) < 0 || to.get(0) < 0))) {
      return null;
    }
    return new Matrices(
        axes == 3 ? extents.get(0) : 1,
        extents.get(axes - 2),
        (int) (long) extents.get(axes - 1),
        problem.from(),
        axes == 3 ? from.get(0) : 0,
        from.get(axes - 1),
        problem.to(),
        axes == 3 ? to.get(0) : 0,
        to.get(axes - 2));
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    boolean own = CpuBlock.isOwn(operands.inputs().getFirst()) && CpuBlock.isOwn(operands.result());
    Transpose transpose = moves.transposeOf(own);
    Matrices m = matrices;
    long band = Math.max(Moves.GROUP, TURN / m.columns / 64 * 64);
    long bands = Math.ceilDiv(m.rows, band);
    workers.run(
        m.count * bands,
        workers.threads(),
        (slot, item) -> {
          long matrix = item / bands;
          long first = item % bands * band;
          int count = (int) Math.min(band, m.rows - first);
          transpose.transpose(
              x,
              (m.from + matrix * m.fromMatrix + first) * Float.BYTES,
              m.fromRow * Float.BYTES,
              y,
              (m.to + matrix * m.toMatrix + first * m.toRow) * Float.BYTES,
              m.toRow * Float.BYTES,
              m.columns,
              count);
        });
  }
}
