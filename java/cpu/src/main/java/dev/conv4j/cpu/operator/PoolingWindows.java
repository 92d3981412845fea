package dev.conv4j.cpu.operator;

import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.PoolingProblem.Kind;

/** Which taps of a window lie on the input, and how many of them an average counts. */
final class PoolingWindows {

  private final PoolingProblem problem;

  PoolingWindows(PoolingProblem problem) {
    this.problem = problem;
  }

  private long start(int axis, long output) {
    return output * problem.stride().get(axis) - problem.begin().get(axis);
  }

  /** Returns the first tap that lies on the input, or behind all of them. */
  int first(int axis, long output) {
    long before = Math.max(0, -start(axis, output));
    return (int)
        Math.min(problem.window().get(axis), Math.ceilDiv(before, problem.dilation().get(axis)));
  }

  /** Returns the end of the taps that lie on the input. */
  int end(int axis, long output) {
    return ended(axis, output, problem.input().get(axis));
  }

  private int ended(int axis, long output, long extent) {
    long room = extent - start(axis, output);
    long taps = room <= 0 ? 0 : (room - 1) / problem.dilation().get(axis) + 1;
    return (int) Math.min(problem.window().get(axis), taps);
  }

  /** Returns whether all taps lie on the input. */
  boolean inside(int axis, long output) {
    return first(axis, output) == 0 && end(axis, output) == problem.window().get(axis);
  }

  /** Returns one over the taps that count for an output. */
  float share(int axis, long output) {
    if (problem.kind() == Kind.MAX) {
      return 1;
    }
    int taps =
        problem.kind() == Kind.AVERAGE
            ? end(axis, output) - first(axis, output)
            : ended(axis, output, problem.input().get(axis) + problem.end().get(axis));
    return 1f / Math.max(0, taps);
  }

  /** Returns the shares of an axis, with {@code slack} numbers behind them. */
  float[] shares(int axis, int slack) {
    float[] shares = new float[Math.toIntExact(problem.output().get(axis)) + slack];
    for (int i = 0; i < shares.length - slack; i++) {
      shares[i] = share(axis, i);
    }
    return shares;
  }

  /** Returns how many pixels a window covers along an axis. */
  long reach(int axis) {
    return problem.dilation().get(axis) * (problem.window().get(axis) - 1) + 1;
  }
}
