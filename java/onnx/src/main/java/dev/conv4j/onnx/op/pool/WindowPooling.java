package dev.conv4j.onnx.op.pool;

import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.onnx.op.Windows;
import dev.conv4j.spi.operator.PoolingProblem;

/** Average, maximum and p-norm over windows of one to three axes. */
final class WindowPooling implements Kernel {

  /** What is made of a window. */
  enum Kind {
    MAX,
    AVERAGE,
    NORM
  }

  private final Kind kind;
  private final Windows windows;
  private final boolean ceil;
  private final boolean countsPadding;
  private final boolean columnMajor;
  private final long p;
  private final boolean channelsLast;

  WindowPooling(Kind kind, dev.conv4j.onnx.graph.Node node) {
    this.kind = kind;
    this.windows = Windows.of(node.attributes());
    this.ceil = node.attributes().flag("ceil_mode", false);
    this.countsPadding = node.attributes().flag("count_include_pad", false);
    this.columnMajor = node.attributes().flag("storage_order", false);
    this.p = node.attributes().integer("p", 2);
    this.channelsLast = ChannelsLast.is(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    PoolGeometry g = PoolGeometry.of(channelsLast ? ChannelsLast.logical(x) : x, windows, ceil);
    PoolingProblem problem = problem(g);
    if (channelsLast) {
      long channels = x.dim(3);
      problem = channels == 0 ? problem : problem.channelsLast(channels, channels, channels);
      g = g.channelsLast(x.dim(0), channels);
    }
    boolean plain =
        x.type() == ElementType.FLOAT && kind != Kind.NORM && !(kind == Kind.MAX && frame.wants(1));
    if (plain && x.elements() > 0 && Offload.run(frame, problem, g.dims(), x)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), g.dims());
    OnnxTensor indices =
        kind == Kind.MAX && frame.wants(1) ? frame.out(1, ElementType.INT64, g.dims()) : null;
    if (plain) {
      FloatPooling floats =
          new FloatPooling(x.memory(), y.memory(), g, kind == Kind.MAX, countsPadding);
      frame.parallel(g.planes(), floats::plane);
      return;
    }
    for (long plane = 0; plane < g.planes(); plane++) {
      for (int o = 0; o < g.output()[0]; o++) {
        for (int row = 0; row < g.output()[1]; row++) {
          row(x, y, indices, g, plane, o, row);
        }
      }
    }
  }

  @Override
  public double seconds(Frame frame) {
    OnnxTensor x = frame.in(0);
    return PoolGeometry.of(channelsLast ? ChannelsLast.logical(x) : x, windows, ceil)
        .seconds(channelsLast);
  }

  private PoolingProblem problem(PoolGeometry g) {
    PoolingProblem.Kind average =
        countsPadding ? PoolingProblem.Kind.AVERAGE_WITH_PADDING : PoolingProblem.Kind.AVERAGE;
    return g.problem(kind == Kind.MAX ? PoolingProblem.Kind.MAX : average);
  }

  private void row(
      OnnxTensor x,
      OnnxTensor y,
      @org.jspecify.annotations.Nullable OnnxTensor indices,
      PoolGeometry g,
      long plane,
      int o,
      int row) {
    int width = g.output()[2];
    long out = plane * g.outputPlane() + ((long) o * g.output()[1] + row) * width;
    int d0 = o * g.stride()[0] - g.begin()[0];
    int h0 = row * g.stride()[1] - g.begin()[1];
    for (int q = 0; q < width; q++) {
      int w0 = q * g.stride()[2] - g.begin()[2];
      if (indices != null) {
        long at = argmax(x, g, plane, d0, h0, w0);
        x.type().setDouble(y.memory(), out + q, x.getDouble(at));
        indices.type().setLong(indices.memory(), out + q, columnMajor ? transposed(g, at) : at);
      } else {
        x.type().setDouble(y.memory(), out + q, general(x, g, plane, d0, h0, w0));
      }
    }
  }

  /** Any type, any kind. */
  private double general(OnnxTensor x, PoolGeometry g, long plane, int d0, int h0, int w0) {
    double value = kind == Kind.MAX ? Double.NEGATIVE_INFINITY : 0;
    for (int t = g.firstTap(0, d0); t < g.lastTap(0, d0); t++) {
      for (int r = g.firstTap(1, h0); r < g.lastTap(1, h0); r++) {
        for (int s = g.firstTap(2, w0); s < g.lastTap(2, w0); s++) {
          double v = x.getDouble(index(g, plane, d0, h0, w0, t, r, s));
          value =
              switch (kind) {
                case MAX -> Math.max(value, v);
                case AVERAGE -> value + v;
                case NORM -> value + Math.pow(Math.abs(v), (double) p);
              };
        }
      }
    }
    return switch (kind) {
      case MAX -> value;
      case AVERAGE -> value / count(g, d0, h0, w0);
      case NORM -> Math.pow(value, 1.0 / (double) p);
    };
  }

  private double count(PoolGeometry g, int d0, int h0, int w0) {
    int[] start = {d0, h0, w0};
    long count = 1;
    for (int axis = 0; axis < 3; axis++) {
      count *=
          countsPadding
              ? g.paddedTaps(axis, start[axis])
              : g.lastTap(axis, start[axis]) - g.firstTap(axis, start[axis]);
    }
    return count;
  }

  private static long argmax(OnnxTensor x, PoolGeometry g, long plane, int d0, int h0, int w0) {
    long best = -1;
    double value = Double.NEGATIVE_INFINITY;
    for (int t = g.firstTap(0, d0); t < g.lastTap(0, d0); t++) {
      for (int r = g.firstTap(1, h0); r < g.lastTap(1, h0); r++) {
        for (int s = g.firstTap(2, w0); s < g.lastTap(2, w0); s++) {
          long at = index(g, plane, d0, h0, w0, t, r, s);
          double v = x.getDouble(at);
          if (best < 0 || v > value) {
            best = at;
            value = v;
          }
        }
      }
    }
    return Math.max(best, 0);
  }

  private static long index(
      PoolGeometry g, long plane, int d0, int h0, int w0, int t, int r, int s) {
    long d = d0 + (long) t * g.dilation()[0];
    long h = h0 + (long) r * g.dilation()[1];
    long w = w0 + (long) s * g.dilation()[2];
    return plane * g.inputPlane() + (d * g.input()[1] + h) * g.input()[2] + w;
  }

  /** The index as if each image were stored with its first spatial axis innermost. */
  private static long transposed(PoolGeometry g, long index) {
    long plane = index / g.inputPlane();
    long rest = index % g.inputPlane();
    long w = rest % g.input()[2];
    long h = rest / g.input()[2] % g.input()[1];
    long d = rest / g.input()[2] / g.input()[1];
    return plane * g.inputPlane() + (w * g.input()[1] + h) * g.input()[0] + d;
  }
}
