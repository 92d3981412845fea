package dev.conv4j.cpu.operator;

import dev.conv4j.Axes;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Windows taken apart. A plane is copied into scratch with its padding around it, so that no window
 * needs a case of its own; there, whole rows are joined over the taps of depth and height, and the
 * joined rows over the taps of the width. With a stride of 1 down the plane, all its rows are one
 * long row.
 */
final class PoolingKernel implements CpuOperator.Work {

  /** Elements of a padded plane up to which a copy of it pays. */
  private static final long LARGEST_PLANE = 1 << 22;

  /** Elements of input that are worth a turn of a thread. */
  private static final long TURN = 1 << 14;

  private final PoolingProblem problem;
  private final Workers workers;
  private final boolean max;
  private final int height;
  private final int pitch;
  private final int plane;
  private final int[] downward;
  private final int[] along;

  /** Rows of output that are joined as one. */
  private final int rowsAtOnce;

  /** One over the taps that count, for an average: by column, and by row and depth. */
  private final float[] columnShares;

  private final float[] rowShares;

  PoolingKernel(PoolingProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
    this.max = problem.kind() == Kind.MAX;
    this.height = (int) padded(problem, 1);
    this.pitch = (int) padded(problem, 2);
    this.plane = (int) (padded(problem, 0) * height * pitch);
    this.downward = downward(problem.window(), problem.dilation());
    this.along = new int[(int) problem.window().w()];
    Arrays.setAll(along, s -> s * (int) problem.dilation().w());
    this.rowsAtOnce = problem.stride().h() == 1 ? (int) problem.output().h() : 1;
    this.columnShares = shares(2);
    this.rowShares = rowShares();
  }

  static boolean takes(PoolingProblem problem) {
    double elements = 1;
    for (int axis = 0; axis < 3; axis++) {
      elements *= padded(problem, axis);
    }
    return elements <= LARGEST_PLANE;
  }

  private static long padded(PoolingProblem problem, int axis) {
    long reach = problem.dilation().get(axis) * (problem.window().get(axis) - 1) + 1;
    long windows = (problem.output().get(axis) - 1) * problem.stride().get(axis) + reach;
    return Math.max(windows, problem.begin().get(axis) + problem.input().get(axis));
  }

  /** Returns how far each tap of depth and height is from the first. */
  private int[] downward(Axes window, Axes dilation) {
    int[] offsets = new int[(int) (window.d() * window.h())];
    for (int i = 0; i < offsets.length; i++) {
      long d = i / window.h() * dilation.d();
      long h = i % window.h() * dilation.h();
      offsets[i] = (int) ((d * height + h) * pitch);
    }
    return offsets;
  }

  private float[] shares(int axis) {
    float[] shares = new float[(int) problem.output().get(axis) + PoolingRows.SLACK];
    for (int i = 0; i < problem.output().get(axis); i++) {
      shares[i] = 1f / taps(axis, i);
    }
    return shares;
  }

  private float[] rowShares() {
    Axes output = problem.output();
    float[] shares = new float[(int) (output.d() * output.h())];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = 1f / (taps(0, i / output.h()) * taps(1, i % output.h()));
    }
    return shares;
  }

  /** Returns how many taps count for an output. */
  private long taps(int axis, long at) {
    boolean padding = problem.kind() == Kind.AVERAGE_WITH_PADDING;
    long dilation = problem.dilation().get(axis);
    long start = at * problem.stride().get(axis) - problem.begin().get(axis);
    long end = problem.input().get(axis) + (padding ? problem.end().get(axis) : 0);
    long first = padding || start >= 0 ? 0 : Math.ceilDiv(-start, dilation);
    long last =
        end <= start ? 0 : Math.min(problem.window().get(axis), (end - start - 1) / dilation + 1);
    return Math.max(0, last - first);
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long planes = problem.planes();
    long planesOfTurn = Math.max(1, TURN / plane);
    workers.run(
        Math.ceilDiv(planes, planesOfTurn),
        workers.threads(),
        (slot, turn) -> {
          int row = rowsAtOnce * pitch;
          float[] source = new float[plane + PoolingRows.SLACK];
          Arrays.fill(source, max ? Float.NEGATIVE_INFINITY : 0);
          float[] joined = new float[row + pitch + 2 * PoolingRows.SLACK];
          float[] pooled = new float[row + PoolingRows.SLACK];
          long end = Math.min(planes, (turn + 1) * planesOfTurn);
          for (long p = turn * planesOfTurn; p < end; p++) {
            load(x, p, source);
            pool(source, joined, pooled, y, p);
          }
        });
  }

  private void load(MemorySegment x, long p, float[] source) {
    Axes input = problem.input();
    int width = (int) input.w();
    long at = 4 * p * input.product();
    for (int d = 0; d < input.d(); d++) {
      for (int h = 0; h < input.h(); h++) {
        long row = (d + problem.begin().d()) * height + h + problem.begin().h();
        PoolingRows.load(x, at, width, source, (int) (row * pitch + problem.begin().w()));
        at += 4L * width;
      }
    }
  }

  private void pool(float[] source, float[] joined, float[] pooled, MemorySegment y, long p) {
    Axes output = problem.output();
    int length = rowsAtOnce * pitch;
    int width = (int) output.w();
    long out = 4 * p * output.product();
    for (int o = 0; o < output.d(); o++) {
      for (int row = 0; row < output.h(); row += rowsAtOnce) {
        long base = (o * problem.stride().d() * height + row * problem.stride().h()) * pitch;
        PoolingRows.join(max, source, (int) base, downward, joined, length);
        PoolingRows.join(max, joined, 0, along, pooled, length);
        for (int r = 0; r < rowsAtOnce; r++) {
          int stride = (int) problem.stride().w();
          if (max) {
            PoolingRows.store(pooled, r * pitch, stride, width, y, out);
          } else {
            float share = rowShares[(int) (o * output.h()) + row + r];
            PoolingRows.scale(pooled, r * pitch, stride, width, columnShares, share, y, out);
          }
          out += 4L * width;
        }
      }
    }
  }
}
