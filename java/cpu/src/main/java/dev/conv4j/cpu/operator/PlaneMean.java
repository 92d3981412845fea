package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;

import dev.conv4j.Axes;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** The mean of each plane: the pooling at the end of a network. One sum for each lane. */
final class PlaneMean implements CpuOperator.Work {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements that are worth a turn of a thread. */
  private static final long TURN = 1 << 14;

  private final long planes;
  private final int plane;
  private final Workers workers;

  PlaneMean(PoolingProblem problem, CpuContext context) {
    this.planes = problem.planes();
    this.plane = (int) problem.input().product();
    this.workers = context.workers();
  }

  static boolean takes(PoolingProblem problem) {
    return problem.kind() != Kind.MAX
        && problem.planesApart()
        && problem.window().equals(problem.input())
        && problem.output().equals(Axes.ONES)
        && problem.dilation().equals(Axes.ONES)
        && problem.begin().equals(Axes.ZEROS)
        && problem.end().equals(Axes.ZEROS)
        && problem.input().product() <= 1 << 24;
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long planesOfTurn = Math.max(1, TURN / plane);
    workers.run(
        Math.ceilDiv(planes, planesOfTurn),
        workers.threads(),
        (slot, turn) -> {
          long end = Math.min(planes, (turn + 1) * planesOfTurn);
          for (long p = turn * planesOfTurn; p < end; p++) {
            float mean = sum(x, 4 * p * plane, plane) / plane;
            y.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4 * p, mean);
          }
        });
  }

  private static float sum(MemorySegment x, long at, int count) {
    x = NATIVE.cast(x);
    FloatVector sums = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      sums = sums.add(FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER));
    }
    VectorMask<Float> rest = SPECIES.indexInRange(i, count);
    sums = sums.add(FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER, rest));
    return LaneSum.of(sums);
  }
}
