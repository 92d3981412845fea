package dev.conv4j.onnx.op.pool;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.Axes;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.PoolingProblem;
import java.util.Arrays;

/** Pooling with a window as large as the image. */
final class GlobalPooling implements Kernel {

  private final WindowPooling.Kind kind;
  private final long p;

  GlobalPooling(WindowPooling.Kind kind, Node node) {
    this.kind = kind;
    this.p = node.attributes().integer("p", 2);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.rank() < 2) {
      throw new InvalidArgumentException("input", x, "batch, channels and space");
    }
    long[] dims = x.dims();
    Arrays.fill(dims, 2, dims.length, 1);
    long plane = Axis.product(x.dims(), 2, x.rank());
    boolean plain = x.type() == ElementType.FLOAT && kind != WindowPooling.Kind.NORM;
    if (plain && x.elements() > 0 && Offload.run(frame, problem(x, plane), dims, x)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), dims);
    for (long i = 0; i < y.elements(); i++) {
      x.type().setDouble(y.memory(), i, value(x, i * plane, plane));
    }
  }

  private PoolingProblem problem(OnnxTensor x, long plane) {
    boolean max = kind == WindowPooling.Kind.MAX;
    Axes whole = new Axes(1, 1, plane);
    return new PoolingProblem(
        max ? PoolingProblem.Kind.MAX : PoolingProblem.Kind.AVERAGE,
        x.elements() / plane,
        whole,
        whole,
        Axes.ONES,
        Axes.ONES,
        Axes.ZEROS,
        Axes.ZEROS,
        Axes.ONES);
  }

  private double value(OnnxTensor x, long from, long plane) {
    if (kind == WindowPooling.Kind.AVERAGE && x.type() == ElementType.FLOAT) {
      double sum = 0;
      for (long i = 0; i < plane; i++) {
        sum += x.memory().get(JAVA_FLOAT_UNALIGNED, 4 * (from + i));
      }
      return sum / (double) plane;
    }
    double value = kind == WindowPooling.Kind.MAX ? Double.NEGATIVE_INFINITY : 0;
    for (long i = 0; i < plane; i++) {
      double v = x.getDouble(from + i);
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
