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
import org.jspecify.annotations.Nullable;

/**
 * Windows taken apart. A plane is copied into scratch with its padding around it, so that no window
 * needs a case of its own; there, whole rows are joined over the taps of depth and height, and the
 * joined rows over the taps of the width, some rows at a time. Rows that lie one behind the other
 * are one long row.
 */
final class PoolingKernel implements CpuOperator.Work {

  /** Elements of a padded plane up to which a copy of it pays. */
  private static final long LARGEST_PLANE = 1 << 22;

  /** Elements of joined rows that stay in the first cache until they are stored. */
  private static final long STRIP = 3 << 10;

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

  /** Rows of output that are joined before the next step takes them up. */
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
    this.rowsAtOnce = (int) Math.clamp(STRIP / pitch, 1, problem.output().h());
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

  /** One thread's arrays. */
  private final class Scratch {
    final float[] source = new float[plane + along[along.length - 1] + PoolingRows.SLACK];
    final float[] joined = new float[rowsAtOnce * pitch + pitch + PoolingRows.SLACK];
    final float[] pooled = new float[rowsAtOnce * pitch + pitch + PoolingRows.SLACK];

    Scratch() {
      Arrays.fill(source, padding());
    }
  }

  private float padding() {
    return max ? Float.NEGATIVE_INFINITY : 0;
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long planes = problem.planes();
    long planesOfTurn = Math.max(1, TURN / plane);
    @Nullable Scratch[] scratches = new @Nullable Scratch[workers.threads()];
    workers.run(
        Math.ceilDiv(planes, planesOfTurn),
        workers.threads(),
        (slot, turn) -> {
          Scratch scratch = scratches[slot];
          if (scratch == null) {
            scratch = new Scratch();
            scratches[slot] = scratch;
          }
          long end = Math.min(planes, (turn + 1) * planesOfTurn);
          for (long p = turn * planesOfTurn; p < end; p++) {
            load(x, p, scratch.source);
            pool(scratch, y, p);
          }
        });
  }

  private void load(MemorySegment x, long p, float[] source) {
    Axes input = problem.input();
    int width = (int) input.w();
    int rows = (int) input.h();
    for (int d = 0; d < input.d(); d++) {
      long at = 4 * (p * input.d() + d) * rows * width;
      long row = (d + problem.begin().d()) * height + problem.begin().h();
      int to = (int) (row * pitch + problem.begin().w());
      PoolingRows.load(x, at, width, rows, source, to, pitch, padding());
    }
  }

  private void pool(Scratch scratch, MemorySegment y, long p) {
    Axes output = problem.output();
    int width = (int) output.w();
    int rows = (int) output.h();
    int step = (int) problem.stride().h() * pitch;
    int stride = (int) problem.stride().w();
    for (int o = 0; o < output.d(); o++) {
      int slice = (int) (o * problem.stride().d() * height * pitch);
      for (int row = 0; row < rows; row += rowsAtOnce) {
        int count = Math.min(rowsAtOnce, rows - row);
        join(scratch.source, slice + row * step, step, downward, scratch.joined, count);
        join(scratch.joined, 0, pitch, along, scratch.pooled, count);
        long out = 4 * ((p * output.d() + o) * rows + row) * width;
        if (max) {
          PoolingRows.store(scratch.pooled, pitch, stride, width, count, y, out);
        } else {
          int first = o * rows + row;
          PoolingRows.scale(
              scratch.pooled, pitch, stride, width, count, columnShares, rowShares, first, y, out);
        }
      }
    }
  }

  /** Joins rows; rows that lie one behind the other are one long row. */
  private void join(float[] from, int at, int step, int[] offsets, float[] to, int rows) {
    if (step == pitch) {
      PoolingRows.join(max, from, at, 0, offsets, to, rows * pitch, 1);
    } else {
      PoolingRows.join(max, from, at, step, offsets, to, pitch, rows);
    }
  }
}
