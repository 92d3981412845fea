package dev.conv4j.onnx.op.normalize;

import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import java.util.Arrays;

/** Normalizations without parameters: to mean 0 and variance 1 along axes, or to norm 1. */
final class MeanVariance implements Kernel {

  private static final double EPSILON = 1e-9;

  private final long[] axes;

  MeanVariance(Node node) {
    long[] given = node.attributes().integers("axes");
    this.axes = given == null ? new long[] {0, 2, 3} : given;
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    boolean[] joined = new boolean[x.rank()];
    for (int axis : Axis.of(axes, x.rank())) {
      joined[axis] = true;
    }
    int groups = 1;
    int[] group = new int[Math.toIntExact(x.elements())];
    int inner = 1;
    for (int axis = x.rank() - 1; axis >= 0; axis--) {
      if (!joined[axis]) {
        for (int i = 0; i < group.length; i++) {
          group[i] += (int) (i / inner % x.dim(axis)) * groups;
        }
        groups *= Math.toIntExact(x.dim(axis));
      }
      inner *= Math.toIntExact(x.dim(axis));
    }
    normalize(frame, x, group, groups);
  }

  private static void normalize(Frame frame, OnnxTensor x, int[] group, int groups) {
    double[] mean = new double[groups];
    double[] variance = new double[groups];
    double count = (double) group.length / groups;
    for (int i = 0; i < group.length; i++) {
      mean[group[i]] += x.getDouble(i) / count;
    }
    for (int i = 0; i < group.length; i++) {
      double distance = x.getDouble(i) - mean[group[i]];
      variance[group[i]] += distance * distance / count;
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    for (int i = 0; i < group.length; i++) {
      double deviation = Math.sqrt(variance[group[i]]) + EPSILON;
      x.type().setDouble(y.memory(), i, (x.getDouble(i) - mean[group[i]]) / deviation);
    }
  }

  static Kernel lp(Node node) {
    long given = node.attributes().integer("axis", -1);
    boolean absolute = node.attributes().integer("p", 2) == 1;
    return frame -> {
      OnnxTensor x = frame.in(0);
      int axis = Axis.of(given, x.rank());
      long stride = Axis.product(x.dims(), axis + 1, x.rank());
      double[] row = new double[Math.toIntExact(x.dim(axis))];
      OnnxTensor y = frame.out(0, x.type(), x.dims());
      for (long i = 0; i < x.elements() / Math.max(1, row.length); i++) {
        long first = i / stride * stride * row.length + i % stride;
        Arrays.setAll(row, k -> x.getDouble(first + k * stride));
        double norm =
            absolute
                ? Arrays.stream(row).map(Math::abs).sum()
                : Math.sqrt(Arrays.stream(row).map(v -> v * v).sum());
        for (int k = 0; k < row.length; k++) {
          x.type().setDouble(y.memory(), first + k * stride, norm == 0 ? 0 : row[k] / norm);
        }
      }
    };
  }
}
