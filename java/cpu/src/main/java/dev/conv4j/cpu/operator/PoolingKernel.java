package dev.conv4j.cpu.operator;

import dev.conv4j.Axes;
import dev.conv4j.cpu.algorithm.CpuContext;
import dev.conv4j.cpu.memory.CpuBlock;
import dev.conv4j.cpu.operator.PoolingLoops.Target;
import dev.conv4j.cpu.thread.Workers;
import dev.conv4j.cpu.vector.Lanes;
import dev.conv4j.spi.operator.OperatorOperands;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Windows taken apart: rows of the input are joined over the taps of depth and height into scratch
 * that is neutral where padding is, and what is joined over the taps of the width on its way to the
 * result. A pixel is one element or many; the first step does not care.
 */
final class PoolingKernel implements CpuOperator.Work {

  /** Floats of joined rows: they stay in the first cache until they are stored. */
  private static final long BLOCK = 1 << 12;

  /** Elements of input that are worth a turn of a thread. */
  private static final long TURN = 1 << 14;

  private final PoolingProblem problem;
  private final Workers workers;
  private final PoolingWindows windows;
  private final PoolingLoops loops;
  private final boolean pixels;
  private final int inputPitch;
  private final int taps;

  /** Whether the taps of the width are joined in scratch before windows are picked. */
  private final boolean apart;

  /** A row of outputs is computed in so many parts. */
  private final long parts;

  /** Floats of a joined row. */
  private final int pitch;

  private final int rowsAtOnce;
  private final long rowsOfTurn;
  private final float[] columnShares;
  private final float[] rowShares;

  PoolingKernel(PoolingProblem problem, CpuContext context) {
    this.problem = problem;
    this.workers = context.workers();
    this.windows = new PoolingWindows(problem);
    this.loops = problem.kind() == Kind.MAX ? new MaxLoops() : new SumLoops();
    this.pixels = !problem.planesApart();
    this.inputPitch = (int) problem.inputPitch();
    this.taps = (int) problem.window().w();
    long stride = problem.stride().w();
    boolean neighbours = problem.dilation().w() == 1 && taps > 1;
    boolean direct = pixels || taps == 1 || stride == 1 || (stride == 2 && neighbours);
    this.apart = taps > PoolingLoops.TAPS || !direct;
    long width = problem.output().w();
    long wanted = (BLOCK / inputPitch - windows.reach(2)) / stride;
    long least = pixels ? 1 : 2L * Lanes.COUNT;
    this.parts = Math.ceilDiv(width, Math.max(least, wanted));
    this.pitch = Math.toIntExact(floats(Math.ceilDiv(width, parts)));
    this.rowsAtOnce = (int) Math.clamp(BLOCK / pitch, 1, problem.output().h());
    this.rowsOfTurn = rowsOfTurn();
    this.columnShares = windows.shares(2, PoolingLoops.SLACK);
    this.rowShares = rowShares();
  }

  /** Scratch is an array. */
  static boolean takes(PoolingProblem problem) {
    double reach = problem.dilation().w() * (double) problem.window().w();
    return reach * problem.inputPitch() + BLOCK < 1 << 28 && problem.output().w() < 1 << 28;
  }

  private long floats(long width) {
    return ((width - 1) * problem.stride().w() + windows.reach(2)) * inputPitch;
  }

  private long rowsOfTurn() {
    long row = problem.input().w() * inputPitch * problem.stride().h();
    long rows = Math.max(1, TURN / row);
    long height = problem.output().h();
    return Math.ceilDiv(rows, rows > height ? height : rowsAtOnce)
        * (rows > height ? height : rowsAtOnce);
  }

  private float[] rowShares() {
    Axes output = problem.output();
    float[] shares = new float[Math.toIntExact(output.d() * output.h())];
    for (int i = 0; i < shares.length; i++) {
      shares[i] = windows.share(0, i / output.h()) * windows.share(1, i % output.h());
    }
    return shares;
  }

  /** One thread's arrays. */
  private final class Scratch {
    final float[] joined = new float[rowsAtOnce * pitch + margin()];
    final float[] pooled = new float[apart ? rowsAtOnce * pitch + PoolingLoops.SLACK : 0];
    final long[] offsets = new long[Math.toIntExact(problem.window().d() * problem.window().h())];

    Scratch() {
      Arrays.fill(joined, loops.neutral());
    }

    private int margin() {
      return Math.toIntExact(windows.reach(2) * inputPitch) + PoolingLoops.SLACK;
    }
  }

  @Override
  public void run(OperatorOperands operands) {
    MemorySegment x = CpuBlock.segment(operands.inputs().getFirst());
    MemorySegment y = CpuBlock.resultSegment(operands.result());
    long slices = problem.planes() / problem.channels() * problem.output().d();
    long rows = slices * problem.output().h();
    @Nullable Scratch[] scratches = new @Nullable Scratch[workers.threads()];
    workers.run(
        Math.ceilDiv(rows, rowsOfTurn),
        workers.threads(),
        (slot, turn) -> {
          Scratch scratch = scratches[slot];
          if (scratch == null) {
            scratch = new Scratch();
            scratches[slot] = scratch;
          }
          rows(x, y, turn * rowsOfTurn, Math.min(rows, (turn + 1) * rowsOfTurn), scratch);
        });
  }

  /** Computes rows of output, counted through all slices. */
  private void rows(MemorySegment x, MemorySegment y, long from, long to, Scratch scratch) {
    long height = problem.output().h();
    long width = problem.output().w();
    long row = from;
    while (row < to) {
      long first = row % height;
      int count = (int) Math.min(Math.min(rowsAtOnce, height - first), to - row);
      for (long part = 0; part < parts; part++) {
        long column = part * width / parts;
        long end = (part + 1) * width / parts;
        if (parts > 1) {
          Arrays.fill(scratch.joined, loops.neutral());
        }
        join(x, row / height, first, count, column, end, scratch);
        store(y, row, count, column, end, 4 * to * width * problem.outputPitch(), scratch);
      }
      row += count;
    }
  }

  /** Joins rows for the windows from one column to another. */
  private void join(
      MemorySegment x, long slice, long first, int count, long column, long end, Scratch scratch) {
    Axes input = problem.input();
    long o = slice % problem.output().d();
    long start = column * problem.stride().w() - problem.begin().w();
    long from = Math.max(0, start);
    long columns = Math.min(input.w(), start + floats(end - column) / inputPitch) - from;
    int length = (int) ((columns - 1) * inputPitch + problem.channels());
    int left = (int) ((from - start) * inputPitch);
    long depth = o * problem.stride().d() - problem.begin().d();
    long plane = (slice / problem.output().d() * input.d() + depth) * input.h();
    long rowBytes = 4 * input.w() * inputPitch;
    for (int done = 0; done < count; ) {
      long p = first + done;
      int same = columns > 0 ? alike(p, count - done) : 1;
      int rows = columns > 0 ? offsets(o, p, rowBytes, scratch.offsets) : 0;
      int to = done * pitch;
      if (rows == 0) {
        Arrays.fill(scratch.joined, to, to + pitch, loops.neutral());
      } else {
        long top = plane + p * problem.stride().h() - problem.begin().h();
        long at = top * rowBytes + 4 * from * inputPitch;
        long step = problem.stride().h() * rowBytes;
        loops.down(
            x, at, step, scratch.offsets, rows, length, scratch.joined, to + left, pitch, same);
      }
      done += same;
    }
  }

  /** Returns how many rows of output have the same taps on the input as the first one. */
  private int alike(long p, int most) {
    int same = 1;
    if (windows.inside(1, p)) {
      while (same < most && windows.inside(1, p + same)) {
        same++;
      }
    }
    return same;
  }

  /** Writes where the rows to be joined are, and returns how many there are. */
  private int offsets(long o, long p, long rowBytes, long[] offsets) {
    int count = 0;
    for (int t = windows.first(0, o); t < windows.end(0, o); t++) {
      for (int r = windows.first(1, p); r < windows.end(1, p); r++) {
        long rows = t * problem.dilation().d() * problem.input().h() + r * problem.dilation().h();
        offsets[count++] = rows * rowBytes;
      }
    }
    return count;
  }

  private void store(
      MemorySegment y, long row, int count, long column, long end, long limit, Scratch scratch) {
    long pixel = 4 * problem.outputPitch();
    Target target =
        new Target(
            pitch,
            (int) problem.stride().w() * inputPitch,
            (int) (end - column),
            count,
            (int) problem.channels(),
            columnShares,
            (int) column,
            rowShares,
            (int) (row % rowShares.length),
            y,
            (row * problem.output().w() + column) * pixel,
            pixel,
            problem.output().w() * pixel,
            limit);
    int shift = (int) problem.dilation().w() * inputPitch;
    float[] from = scratch.joined;
    if (apart) {
      loops.along(from, shift, taps, scratch.pooled, count * pitch);
      from = scratch.pooled;
    }
    int left = apart ? 1 : taps;
    if (pixels) {
      loops.pixels(from, shift, left, target);
    } else if (left == 1) {
      PoolingPicks.line(from, target);
    } else {
      loops.line(from, shift, left, target);
    }
  }
}
