package dev.conv4j.onnx.op.pool;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Axes;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.ChannelsLast;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.PoolingProblem;
import java.util.Arrays;

/** Pooling with a window as large as the image. */
final class GlobalPooling implements Kernel {

  private final WindowPooling.Kind kind;
  private final long p;
  private final boolean channelsLast;

  GlobalPooling(WindowPooling.Kind kind, Node node) {
    this.kind = kind;
    this.p = node.attributes().integer("p", 2);
    this.channelsLast = ChannelsLast.is(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.rank() < 2) {
      throw new InvalidArgumentException("input", x, "batch, channels and space");
    }
    long[] dims = x.dims();
    int space = channelsLast ? 1 : 2;
    int end = channelsLast ? x.rank() - 1 : x.rank();
    Arrays.fill(dims, space, end, 1);
    long plane = Axis.product(x.dims(), space, end);
    long step = channelsLast ? x.dim(end) : 1;
    boolean plain = x.type() == ElementType.FLOAT && kind != WindowPooling.Kind.NORM;
    if (plain && x.elements() > 0 && Offload.run(frame, problem(x, plane, step), dims, x)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), dims);
    for (long i = 0; i < y.elements(); i++) {
      long from = i / step * plane * step + i % step;
      x.type().setDouble(y.memory(), i, value(x, from, plane, step));
    }
  }

  private PoolingProblem problem(OnnxTensor x, long plane, long channels) {
    boolean max = kind == WindowPooling.Kind.MAX;
    Axes whole = new Axes(1, 1, plane);
    PoolingProblem apart =
        new PoolingProblem(
            max ? PoolingProblem.Kind.MAX : PoolingProblem.Kind.AVERAGE,
            x.elements() / plane,
            whole,
            whole,
            Axes.ONES,
            Axes.ONES,
            Axes.ZEROS,
            Axes.ZEROS,
            Axes.ONES);
    return channelsLast ? apart.channelsLast(channels, channels, channels) : apart;
  }

  private double value(OnnxTensor x, long from, long plane, long step) {
    if (kind == WindowPooling.Kind.AVERAGE && x.type() == ElementType.FLOAT) {
      double sum = 0;
      for (long i = 0; i < plane; i++) {
        sum += x.memory().get(JAVA_FLOAT_UNALIGNED, 4 * (from + i * step));
      }
      return sum / (double) plane;
    }
    double value = kind == WindowPooling.Kind.MAX ? Double.NEGATIVE_INFINITY : 0;
    for (long i = 0; i < plane; i++) {
      double v = x.getDouble(from + i * step);
      value =
          switch (kind) {
            case MAX -> Math.max(value, v);
            case AVERAGE -> value + v;
            case NORM -> value + Math.pow(Math.abs(v), (double) p);
          };
    }
    return switch (kind) {
      case MAX -> value;
      case AVERAGE -> value / (double) plane;
      case NORM -> Math.pow(value, 1.0 / (double) p);
    };
  }
}
