package dev.conv4j.testkit;

import dev.conv4j.spi.operator.LocalResponseProblem;
import dev.conv4j.spi.operator.OperatorProblem;
import dev.conv4j.spi.operator.PointwiseProblem;
import dev.conv4j.spi.operator.PoolingProblem;
import dev.conv4j.spi.operator.ProductProblem;
import dev.conv4j.spi.operator.SoftmaxProblem;
import dev.conv4j.spi.operator.StridedCopyProblem;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Operators in double precision, each element by itself, as their definitions read. Bounds are
 * those of sums in any order plus a few roundings of the last steps.
 */
final class OperatorOracle {

  /** Half an ulp of 1: one rounding. */
  private static final double ROUNDING = 0x1p-24;

  /** Roundings of a function such as a root or a power. */
  private static final double FUNCTION = 16;

  /** What must come out, and how far off it may be. */
  final double[] values;

  final double[] bounds;

  /** Which elements are written at all. */
  final BitSet written = new BitSet();

  private OperatorOracle(long elements) {
    this.values = new double[(int) elements];
    this.bounds = new double[(int) elements];
    Arrays.fill(values, Double.NaN);
  }

  /** Solves a problem; elements nobody writes are NaN and marked so. */
  static OperatorOracle solve(OperatorProblem problem, float[]... inputs) {
    OperatorOracle oracle = new OperatorOracle(problem.resultElements());
    switch (problem) {
      case PointwiseProblem p -> oracle.pointwise(p, inputs);
      case PoolingProblem p -> oracle.pool(p, inputs[0]);
      case ProductProblem p -> oracle.multiply(p, inputs);
      case LocalResponseProblem p -> oracle.normalize(p, inputs[0]);
      case SoftmaxProblem p -> oracle.softmax(p, inputs[0]);
      case StridedCopyProblem p -> oracle.copy(p, inputs[0]);
    }
    return oracle;
  }

  private void set(int at, double value, double bound) {
    values[at] = value;
    bounds[at] = bound;
    written.set(at);
  }

  private void pointwise(PointwiseProblem p, float[]... in) {
    for (int i = 0; i < values.length; i++) {
      float[] v = new float[in.length];
      for (int k = 0; k < in.length; k++) {
        long rest = i;
        long at = 0;
        for (int axis = 0; axis < p.extents().size(); axis++) {
          at += rest % p.extents().get(axis) * p.strides().get(k).get(axis);
          rest /= p.extents().get(axis);
        }
        v[k] = in[k][(int) at];
      }
      float f = function(p.function(), v);
      double y = p.activation().apply(f);
      boolean exact =
          switch (p.activation().kind()) {
            case NONE, RELU, CLIP -> true;
            default -> false;
          };
      set(i, exact ? (float) y : y, exact ? 0 : FUNCTION * ROUNDING * Math.max(1, Math.abs(f)));
    }
  }

  /** One operation on floats in double, rounded, is the operation on floats. */
  private static float function(PointwiseProblem.Function f, float... v) {
    return switch (f) {
      case COPY -> v[0];
      case ADD -> (float) ((double) v[0] + v[1]);
      case SUBTRACT -> (float) ((double) v[0] - v[1]);
      case MULTIPLY -> (float) ((double) v[0] * v[1]);
      case DIVIDE -> (float) ((double) v[0] / v[1]);
      case MAXIMUM -> Math.max(v[0], v[1]);
      case MINIMUM -> Math.min(v[0], v[1]);
      case MULTIPLY_ADD -> Math.fma(v[0], v[1], v[2]);
    };
  }

  private void pool(PoolingProblem p, float... x) {
    long outputs = p.output().product();
    for (long i = 0; i < p.planes() * outputs; i++) {
      long plane = i / outputs;
      long pixel = i % outputs;
      long[] at = {
        pixel / (p.output().h() * p.output().w()),
        pixel / p.output().w() % p.output().h(),
        pixel % p.output().w()
      };
      long image = plane / p.channels();
      long channel = plane % p.channels();
      int to = (int) ((image * outputs + pixel) * p.outputPitch() + channel);
      window(p, x, to, image * p.input().product() * p.inputPitch() + channel, at);
    }
  }

  private void window(PoolingProblem p, float[] x, int i, long plane, long... at) {
    double best = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double size = 0;
    long inside = 0;
    long padded = 0;
    for (long t = 0; t < p.window().product(); t++) {
      long[] tap = {
        t / (p.window().h() * p.window().w()),
        t / p.window().w() % p.window().h(),
        t % p.window().w()
      };
      long index = 0;
      boolean in = true;
      boolean counted = true;
      for (int axis = 0; axis < 3; axis++) {
        long c =
            at[axis] * p.stride().get(axis)
                - p.begin().get(axis)
                + tap[axis] * p.dilation().get(axis);
        in &= c >= 0 && c < p.input().get(axis);
        counted &= c < p.input().get(axis) + p.end().get(axis);
        index = index * p.input().get(axis) + c;
      }
      if (in) {
        double v = x[(int) (plane + index * p.inputPitch())];
        best = Math.max(best, v);
        sum += v;
        size += Math.abs(v);
        inside++;
      }
      padded += counted ? 1 : 0;
    }
    long count = p.kind() == PoolingProblem.Kind.AVERAGE ? inside : padded;
    if (p.kind() == PoolingProblem.Kind.MAX) {
      set(i, best, 0);
    } else {
      set(i, sum / count, (inside + 6) * ROUNDING * size / count);
    }
  }

  private void multiply(ProductProblem p, float[]... in) {
    for (int i = 0; i < values.length; i++) {
      long s = i / (p.m() * p.n());
      long row = i / p.n() % p.m();
      long column = i % p.n();
      double sum = 0;
      double size = 0;
      for (long l = 0; l < p.k(); l++) {
        long a = s * p.stepA() + (p.transposedA() ? l * p.m() + row : row * p.k() + l);
        long b = s * p.stepB() + (p.transposedB() ? column * p.k() + l : l * p.n() + column);
        double term = (double) in[0][(int) a] * in[1][(int) b];
        sum += term;
        size += Math.abs(term);
      }
      double shift = p.bias() ? in[2][(int) column] : 0;
      double bound = (p.k() + 4) * ROUNDING * (Math.abs(p.alpha()) * size + Math.abs(shift));
      double y = p.alpha() * sum + shift;
      set(i, p.activation().apply(y), bound + FUNCTION * ROUNDING * Math.max(1, Math.abs(y)));
    }
  }

  private void normalize(LocalResponseProblem p, float... x) {
    for (int i = 0; i < values.length; i++) {
      long c = i / p.plane() % p.channels();
      double sum = 0;
      for (long k = c - (p.size() - 1) / 2; k <= c + p.size() / 2; k++) {
        if (k >= 0 && k < p.channels()) {
          double v = x[(int) (i + (k - c) * p.plane())];
          sum += v * v;
        }
      }
      double y = x[i] / Math.pow(p.bias() + p.alpha() / p.size() * sum, p.beta());
      set(i, y, (p.size() + FUNCTION) * ROUNDING * Math.abs(y));
    }
  }

  private void softmax(SoftmaxProblem p, float... x) {
    for (int i = 0; i < values.length; i++) {
      long first = i / (p.length() * p.inner()) * p.length() * p.inner() + i % p.inner();
      double top = Double.NEGATIVE_INFINITY;
      for (long l = 0; l < p.length(); l++) {
        top = Math.max(top, x[(int) (first + l * p.inner())]);
      }
      double sum = 0;
      for (long l = 0; l < p.length(); l++) {
        sum += Math.exp(x[(int) (first + l * p.inner())] - top);
      }
      double power = x[i] - top;
      double bound = (p.length() + FUNCTION + Math.abs(power)) * ROUNDING;
      if (p.logarithm()) {
        double y = power - Math.log(sum);
        set(i, y, bound * Math.max(1, Math.abs(y)));
      } else {
        double y = Math.exp(power) / sum;
        set(i, y, bound * y + Float.MIN_NORMAL);
      }
    }
  }

  private void copy(StridedCopyProblem p, float... x) {
    long count = p.extents().stream().reduce(1L, (a, b) -> a * b);
    for (long i = 0; i < count; i++) {
      long rest = i;
      long from = p.from();
      long to = p.to();
      for (int axis = p.extents().size() - 1; axis >= 0; axis--) {
        long at = rest % p.extents().get(axis);
        rest /= p.extents().get(axis);
        from += at * p.fromStrides().get(axis);
        to += at * p.toStrides().get(axis);
      }
      set((int) to, x[(int) from], 0);
    }
  }
}
