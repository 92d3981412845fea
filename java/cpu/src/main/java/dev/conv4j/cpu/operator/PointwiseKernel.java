package dev.conv4j.cpu.operator;

import dev.conv4j.Activation;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.RowActivation;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PointwiseProblem.Function;
import java.lang.foreign.MemorySegment;

/**
 * Row by row, a row in pieces that stay in the first cache between the function and the activation.
 */
final class PointwiseKernel implements CpuOperator.Work {

  /** Elements of a piece. */
  private static final long PIECE = 4096;

  /** Elements that are worth a turn of a thread. */
  private static final long TURN = 4 * PIECE;

  private final PointwiseProblem problem;
  private final Workers workers;
  private final long[] extents;
  private final long[][] strides;
  private final long pieces;
  private final long piecesOfTurn;
  private final long turns;

  PointwiseKernel(PointwiseProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
    this.extents = problem.extents().stream().mapToLong(Long::longValue).toArray();
    this.strides =
        problem.strides().stream()
            .map(each -> each.stream().mapToLong(Long::longValue).toArray())
            .toArray(long[][]::new);
    this.pieces = Math.ceilDiv(extents[0], PIECE) * (problem.resultElements() / extents[0]);
    this.piecesOfTurn = Math.max(1, TURN / Math.min(extents[0], PIECE));
    this.turns = Math.ceilDiv(pieces, piecesOfTurn);
  }

  static boolean takes(PointwiseProblem problem) {
    long dense = problem.strides().stream().filter(each -> each.getFirst() == 1).count();
    return switch (problem.function()) {
      case COPY -> dense == 1;
      case MULTIPLY_ADD ->
          problem.strides().getFirst().getFirst() == 1
              && (dense == 1 || dense == problem.strides().size());
      default -> dense >= 1;
    };
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment[] inputs = new MemorySegment[strides.length];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = CpuBlock.segment(operands.inputs().get(i));
    }
    MemorySegment result = CpuBlock.resultSegment(operands.result());
    workers.run(
        turns,
        workers.threads(),
        (slot, turn) -> {
          long end = Math.min(pieces, (turn + 1) * piecesOfTurn);
          for (long piece = turn * piecesOfTurn; piece < end; piece++) {
            piece(piece, inputs, result);
          }
        });
  }

  private void piece(long piece, MemorySegment[] inputs, MemorySegment result) {
    long perRow = Math.ceilDiv(extents[0], PIECE);
    long row = piece / perRow;
    long from = piece % perRow * PIECE;
    int count = (int) Math.min(PIECE, extents[0] - from);
    long out = 4 * (row * extents[0] + from);
    long[] at = new long[inputs.length];
    for (int i = 0; i < at.length; i++) {
      at[i] = 4 * (rowStart(i, row) + strides[i][0] * from);
    }
    function(inputs, at, result, out, count);
  }

  private long rowStart(int operand, long row) {
    long start = 0;
    long rest = row;
    for (int axis = 1; axis < extents.length; axis++) {
      start += rest % extents[axis] * strides[operand][axis];
      rest /= extents[axis];
    }
    return start;
  }

  private void function(MemorySegment[] in, long[] at, MemorySegment result, long out, int count) {
    Activation activation = problem.activation();
    boolean relu = activation.kind() == Activation.Kind.RELU;
    boolean done = relu || activation.kind() == Activation.Kind.NONE;
    float low = relu ? 0 : Float.NEGATIVE_INFINITY;
    Function f = problem.function();
    if (f == Function.COPY) {
      copy(in[0], at[0], result, out, count);
    } else if (f == Function.MULTIPLY_ADD && strides[1][0] == 1) {
      PointwiseRows.multiplyAdd(in[0], at[0], in[1], at[1], in[2], at[2], low, result, out, count);
    } else if (f == Function.MULTIPLY_ADD) {
      float scale = PointwiseRows.get(in[1], at[1]);
      float shift = PointwiseRows.get(in[2], at[2]);
      PointwiseRows.multiplyAdd(in[0], at[0], scale, shift, low, result, out, count);
    } else if (strides[1][0] == 0) {
      float b = PointwiseRows.get(in[1], at[1]);
      PointwiseRows.withNumber(f, in[0], at[0], b, result, out, count);
      done = !relu && done;
    } else if (strides[0][0] == 0) {
      float a = PointwiseRows.get(in[0], at[0]);
      PointwiseRows.numberWith(f, a, in[1], at[1], result, out, count);
      done = !relu && done;
    } else if (f == Function.ADD) {
      PointwiseRows.add(in[0], at[0], in[1], at[1], low, result, out, count);
    } else {
      PointwiseRows.both(f, in[0], at[0], in[1], at[1], result, out, count);
      done = !relu && done;
    }
    if (!done || (f == Function.COPY && relu)) {
      RowActivation.apply(activation, result, out, count);
    }
  }

  private static void copy(MemorySegment from, long at, MemorySegment to, long out, int count) {
    if (from.address() + at != to.address() + out) {
      MemorySegment.copy(from, at, to, out, 4L * count);
    }
  }
}
