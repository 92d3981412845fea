package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.epilogue.VectorMath;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.SoftmaxProblem;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Softmax of dense rows: the maximum, the powers and their sum, the quotients. */
final class SoftmaxKernel implements CpuOperator.Work {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements that are worth a turn of a thread. */
  private static final long TURN = 1 << 12;

  /**
   * The few classes of one picture are done in microseconds either way, but it would take hundreds
   * of runs until these loops are compiled, and until then vectors are slow objects.
   */
  private static final long WORTH_COMPILING = 1 << 14;

  private final SoftmaxProblem problem;
  private final Workers workers;

  SoftmaxKernel(SoftmaxProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
  }

  static boolean takes(SoftmaxProblem problem) {
    return problem.inner() == 1
        && !problem.logarithm()
        && problem.length() <= 1 << 28
        && problem.resultElements() >= WORTH_COMPILING;
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    int length = (int) problem.length();
    long rowsOfTurn = Math.max(1, TURN / length);
    workers.run(
        Math.ceilDiv(problem.outer(), rowsOfTurn),
        workers.threads(),
        (slot, turn) -> {
          long end = Math.min(problem.outer(), (turn + 1) * rowsOfTurn);
          for (long row = turn * rowsOfTurn; row < end; row++) {
            long at = 4 * row * length;
            float sum = powers(x, at, length, greatest(x, at, length), y);
            scale(y, at, length, sum);
          }
        });
  }

  private static VectorMask<Float> rest(int i, int count) {
    return SPECIES.indexInRange(i, count);
  }

  private static float greatest(MemorySegment x, long at, int count) {
    x = NATIVE.cast(x);
    FloatVector most = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      most = most.max(FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER));
    }
    float greatest = most.reduceLanes(VectorOperators.MAX);
    for (; i < count; i++) {
      greatest = Math.max(greatest, x.get(JAVA_FLOAT_UNALIGNED, at + 4L * i));
    }
    return greatest;
  }

  /** Writes the powers and returns their sum. */
  private static float powers(MemorySegment x, long at, int count, float shift, MemorySegment y) {
    x = NATIVE.cast(x);
    y = NATIVE.cast(y);
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER).sub(shift);
      FloatVector e = VectorMath.expOfNegative(v);
      e.intoMemorySegment(y, at + 4L * i, ORDER);
      sums = sums.add(e);
    }
    if (i < count) {
      VectorMask<Float> rest = rest(i, count);
      FloatVector v =
          FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER, rest).sub(shift);
      FloatVector e = VectorMath.expOfNegative(v.min(0));
      e.intoMemorySegment(y, at + 4L * i, ORDER, rest);
      sums = sums.add(e, rest);
    }
    return LaneSum.of(sums);
  }

  private static void scale(MemorySegment y, long at, int count, float sum) {
    y = NATIVE.cast(y);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromMemorySegment(SPECIES, y, at + 4L * i, ORDER)
          .div(sum)
          .intoMemorySegment(y, at + 4L * i, ORDER);
    }
    for (; i < count; i++) {
      float e = y.get(JAVA_FLOAT_UNALIGNED, at + 4L * i);
      y.set(JAVA_FLOAT_UNALIGNED, at + 4L * i, e / sum);
    }
  }
}
