package dev.conv4j.onnx.op.normalize;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;

/** Normalizations by given or measured statistics: batch, instance, group, layer. */
final class Normalizations {

  private Normalizations() {}

  /** BatchNormalization of a trained network. */
  static Kernel batch(Node node) {
    if (node.attributes().flag("training_mode", false)) {
      throw new InvalidArgumentException("attribute training_mode", 1, "a network that is trained");
    }
    double epsilon = node.attributes().real("epsilon", 1e-5f);
    return (Kernel.InPlace) frame -> batch(frame, epsilon);
  }

  private static void batch(Frame frame, double epsilon) {
    OnnxTensor x = frame.in(0);
    long channels = x.rank() < 2 ? 1 : x.dim(1);
    for (int i = 1; i <= 4; i++) {
      Affine.requireLength("input " + i, frame.in(i), channels);
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    long plane = Axis.product(x.dims(), Math.min(2, x.rank()), x.rank());
    for (long n = 0, at = 0; at < x.elements(); n++, at += plane) {
      long c = n % channels;
      double scale = frame.in(1).getDouble(c) / Math.sqrt(frame.in(4).getDouble(c) + epsilon);
      double shift = frame.in(2).getDouble(c) - frame.in(3).getDouble(c) * scale;
      Affine.apply(x, y, at, plane, scale, shift);
    }
  }

  static Kernel instance(Node node) {
    double epsilon = node.attributes().real("epsilon", 1e-5f);
    return (Kernel.InPlace)
        frame -> {
          OnnxTensor x = image(frame);
          long channels = x.dim(1);
          Affine.requireLength("scale", frame.in(1), channels);
          Affine.requireLength("B", frame.in(2), channels);
          OnnxTensor y = frame.out(0, x.type(), x.dims());
          long plane = Axis.product(x.dims(), 2, x.rank());
          for (long i = 0, at = 0; at < x.elements(); i++, at += plane) {
            double[] found = Affine.statistics(x, at, plane, epsilon);
            double scale = frame.in(1).getDouble(i % channels) * found[1];
            Affine.apply(
                x, y, at, plane, scale, frame.in(2).getDouble(i % channels) - found[0] * scale);
          }
        };
  }

  /** GroupNormalization: up to opset 20 scale and bias are given for each group, then channel. */
  static Kernel group(Node node) {
    double epsilon = node.attributes().real("epsilon", 1e-5f);
    long groups = node.attributes().integer("num_groups");
    return (Kernel.InPlace) frame -> group(frame, epsilon, groups);
  }

  private static void group(Frame frame, double epsilon, long groups) {
    OnnxTensor x = image(frame);
    long channels = x.dim(1);
    if (groups < 1 || channels % groups != 0) {
      throw new InvalidArgumentException("num_groups", groups, "a divisor of " + channels);
    }
    long each = channels / groups;
    OnnxTensor gamma = frame.in(1);
    OnnxTensor beta = frame.in(2);
    boolean byGroup = gamma.elements() == groups && groups != channels;
    Affine.requireLength("scale", gamma, byGroup ? groups : channels);
    Affine.requireLength("bias", beta, byGroup ? groups : channels);
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    long plane = Axis.product(x.dims(), 2, x.rank());
    for (long n = 0; n < x.dim(0) * groups; n++) {
      double[] found = Affine.statistics(x, n * each * plane, each * plane, epsilon);
      for (long c = 0; c < each; c++) {
        long index = byGroup ? n % groups : n % groups * each + c;
        double scale = gamma.getDouble(index) * found[1];
        long at = (n * each + c) * plane;
        Affine.apply(x, y, at, plane, scale, beta.getDouble(index) - found[0] * scale);
      }
    }
  }

  static Kernel layer(Node node) {
    double epsilon = node.attributes().real("epsilon", 1e-5f);
    long given = node.attributes().integer("axis", -1);
    return frame -> {
      OnnxTensor x = frame.in(0);
      int axis = Axis.of(given, x.rank());
      OnnxTensor gamma = frame.in(1);
      OnnxTensor beta = frame.optional(2);
      long length = Axis.product(x.dims(), axis, x.rank());
      Affine.requireLength("scale", gamma, length);
      long[] dims = x.dims();
      java.util.Arrays.fill(dims, axis, dims.length, 1);
      OnnxTensor y = frame.out(0, x.type(), x.dims());
      OnnxTensor mean = frame.wants(1) ? frame.out(1, ElementType.FLOAT, dims) : null;
      OnnxTensor deviation = frame.wants(2) ? frame.out(2, ElementType.FLOAT, dims) : null;
      for (long n = 0; n * length < x.elements(); n++) {
        double[] found = Affine.statistics(x, n * length, length, epsilon);
        for (long i = 0; i < length; i++) {
          double v = (x.getDouble(n * length + i) - found[0]) * found[1] * gamma.getDouble(i);
          x.type()
              .setDouble(y.memory(), n * length + i, v + (beta == null ? 0 : beta.getDouble(i)));
        }
        if (mean != null) {
          mean.type().setDouble(mean.memory(), n, found[0]);
        }
        if (deviation != null) {
          deviation.type().setDouble(deviation.memory(), n, found[1]);
        }
      }
    };
  }

  private static OnnxTensor image(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.rank() < 2) {
      throw new InvalidArgumentException("input", x, "batch, channels and space");
    }
    return x;
  }
}
