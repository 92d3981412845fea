package dev.conv4j.cpu.reference;

import dev.conv4j.Shape;
import dev.conv4j.cpu.algorithm.CostModel;
import dev.conv4j.cpu.algorithm.Strides;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.ConvOperands;
import dev.conv4j.spi.ConvProblem;
import dev.conv4j.spi.Executable;
import java.lang.foreign.MemorySegment;

/** Walks over the result's elements in logical order, a run of neighbours as a work item. */
final class ReferenceExecutable implements Executable<ConvOperands> {

  /** Products in a work item: some ten microseconds. */
  private static final long GRAIN = 16_384;

  private final ConvProblem problem;
  private final Elements elements;
  private final Workers workers;
  private final int participants;
  private final long[] extents;
  private final Strides strides;
  private final long total;
  private final long grain;

  ReferenceExecutable(ConvProblem problem, Elements elements, Workers workers, double seconds) {
    this.problem = problem;
    this.elements = elements;
    this.workers = workers;
    this.participants = CostModel.participants(seconds);
    Shape shape = problem.computedShape();
    this.extents = fiveAxes(shape.dims());
    this.strides = Strides.ofResult(problem);
    this.total = shape.elements();
    long products = problem.convolution().flops() / 2 / total;
    this.grain = Math.clamp(GRAIN / Math.max(1, products), 1, GRAIN);
  }

  private static long[] fiveAxes(long[] dims) {
    long[] five = {dims[0], dims[1], 1, 1, 1};
    System.arraycopy(dims, 2, five, 7 - dims.length, dims.length - 2);
    return five;
  }

  @Override
  public long workspaceBytes(boolean filterPacked) {
    return 0;
  }

  @Override
  public void run(ConvOperands operands) {
    MemorySegment first = CpuBlock.segment(operands.first());
    MemorySegment second = CpuBlock.segment(operands.second());
    Finish finish = new Finish(problem.options(), operands);
    workers.run(
        Math.ceilDiv(total, grain),
        participants,
        (slot, item) ->
            span(item * grain, Math.min(total, (item + 1) * grain), first, second, finish));
  }

  /** Computes neighbouring elements in logical order. */
  private void span(long from, long to, MemorySegment first, MemorySegment second, Finish finish) {
    long[] at = new long[5];
    long rest = from;
    for (int axis = 4; axis >= 0; axis--) {
      at[axis] = rest % extents[axis];
      rest /= extents[axis];
    }
    for (long i = from; i < to; i++) {
      double sum = elements.sum(first, second, at[0], at[1], at[2], at[3], at[4]);
      finish.store(strides.at(at[0], at[1], at[2], at[3], at[4]), at[1], sum);
      for (int axis = 4; axis >= 0 && ++at[axis] == extents[axis]; axis--) {
        at[axis] = 0;
      }
    }
  }
}
