package dev.conv4j.cpu.operator;

import static dev.conv4j.cpu.memory.NativeMemory.NATIVE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorOperands;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A strip of the plane through all channels: what one channel's sum has loaded is in the first
 * cache for the next. Sums are made anew for each channel; taking one term out and one in would
 * save loads and lose digits.
 */
final class LocalResponse implements CpuOperator.Work {

  private static final VectorSpecies<Float> SPECIES = Lanes.F32;
  private static final int LANES = Lanes.COUNT;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Elements of a strip: five channels of it are a part of the smallest first cache. */
  private static final long STRIP = 1024;

  private final LocalResponseProblem problem;
  private final Workers workers;
  private final float factor;
  private final boolean threeQuarters;

  LocalResponse(LocalResponseProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
    this.factor = problem.alpha() / problem.size();
    this.threeQuarters = problem.beta() == 0.75f;
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long strips = Math.ceilDiv(problem.plane(), STRIP);
    workers.run(
        problem.batch() * strips,
        workers.threads(),
        (slot, item) -> {
          long from = item % strips * STRIP;
          int count = (int) Math.min(STRIP, problem.plane() - from);
          strip(x, y, item / strips * problem.channels() * problem.plane() + from, count);
        });
  }

  private void strip(MemorySegment x, MemorySegment y, long start, int count) {
    long channels = problem.channels();
    long pitch = 4 * problem.plane();
    for (long c = 0; c < channels; c++) {
      long first = Math.max(0, c - (problem.size() - 1) / 2);
      long last = Math.min(channels - 1, c + problem.size() / 2);
      long at = 4 * start + c * pitch;
      long from = 4 * start + first * pitch;
      int terms = (int) (last - first + 1);
      // Other powers are few, and vectors' have no fixed rounding.
      int done = threeQuarters ? threeQuarters(x, from, pitch, terms, y, at, count) : 0;
      for (int i = done; i < count; i++) {
        one(x, from + 4L * i, pitch, terms, y, at + 4L * i);
      }
    }
  }

  private static FloatVector squares(MemorySegment x, long from, long pitch, int terms) {
    x = NATIVE.cast(x);
    FloatVector sum = FloatVector.zero(SPECIES);
    for (int k = 0; k < terms; k++) {
      FloatVector v = FloatVector.fromMemorySegment(SPECIES, x, from + k * pitch, ORDER);
      sum = v.fma(v, sum);
    }
    return sum;
  }

  /** {@code b^-3/4 = 1 / (√b·√√b)}: two roots are several times quicker than a power. */
  private int threeQuarters(
      MemorySegment x, long from, long pitch, int terms, MemorySegment y, long at, int count) {
    x = NATIVE.cast(x);
    y = NATIVE.cast(y);
    FloatVector scale = FloatVector.broadcast(SPECIES, factor);
    FloatVector shift = FloatVector.broadcast(SPECIES, problem.bias());
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector root = squares(x, from + 4L * i, pitch, terms).fma(scale, shift).sqrt();
      FloatVector.fromMemorySegment(SPECIES, x, at + 4L * i, ORDER)
          .div(root.mul(root.sqrt()))
          .intoMemorySegment(y, at + 4L * i, ORDER);
    }
    return i;
  }

  private void one(MemorySegment x, long from, long pitch, int terms, MemorySegment y, long at) {
    float sum = 0;
    for (int k = 0; k < terms; k++) {
      float v = x.get(JAVA_FLOAT_UNALIGNED, from + k * pitch);
      sum = Math.fma(v, v, sum);
    }
    double base = Math.fma(factor, sum, problem.bias());
    double power = Math.pow(base, problem.beta());
    y.set(JAVA_FLOAT_UNALIGNED, at, (float) (x.get(JAVA_FLOAT_UNALIGNED, at) / power));
  }
}
