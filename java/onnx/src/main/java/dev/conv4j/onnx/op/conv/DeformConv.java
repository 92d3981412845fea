package dev.conv4j.onnx.op.conv;

import dev.conv4j.Convolution;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Windows;
import org.jspecify.annotations.Nullable;

/**
 * Deformable convolution in two dimensions, with and without modulation (Dai et al., "Deformable
 * Convolutional Networks"; Zhu et al., version 2). On the host: sampling at learned places is no
 * convolution of the engine's. Inputs: X, W, offset, B, mask.
 */
final class DeformConv implements Kernel {

  private final Windows windows;
  private final long groups;
  private final long offsetGroups;

  DeformConv(Node node) {
    this.windows = Windows.of(node.attributes());
    this.groups = node.attributes().integer("group", 1);
    this.offsetGroups = node.attributes().integer("offset_group", 1);
  }

  /** The operands of one run with the extents they are read by. */
  private record Job(
      Convolution shape,
      OnnxTensor x,
      OnnxTensor w,
      OnnxTensor offset,
      @Nullable OnnxTensor mask,
      long offsetGroups) {

    long taps() {
      return shape.filter().product();
    }

    double mask(long n, long group, long tap, long pixel, long pixels) {
      return mask == null
          ? 1
          : mask.getDouble(((n * offsetGroups + group) * taps() + tap) * pixels + pixel);
    }

    double offset(long n, long group, long tap, int axis, long pixel, long pixels) {
      return offset.getDouble(
          (((n * offsetGroups + group) * taps() + tap) * 2 + axis) * pixels + pixel);
    }

    /** Bilinear interpolation, zeros outside. */
    double sample(long plane, double h, double w) {
      long top = (long) Math.floor(h);
      long left = (long) Math.floor(w);
      double down = h - top;
      double right = w - left;
      return (1 - down) * (1 - right) * pixel(plane, top, left)
          + (1 - down) * right * pixel(plane, top, left + 1)
          + down * (1 - right) * pixel(plane, top + 1, left)
          + down * right * pixel(plane, top + 1, left + 1);
    }

    private double pixel(long plane, long h, long w) {
      long height = shape.input().h();
      long width = shape.input().w();
      return h < 0 || w < 0 || h >= height || w >= width
          ? 0
          : x.getDouble((plane * height + h) * width + w);
    }
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    OnnxTensor w = frame.in(1);
    if (x.rank() != 4) {
      throw new InvalidArgumentException("X", x, "four dimensions");
    }
    Convolution shape = Geometry.forward(x, w, windows, groups);
    Job job = new Job(shape, x, w, frame.in(2), frame.optional(4), offsetGroups);
    long pixels = shape.output().product();
    long wanted = shape.batch() * offsetGroups * job.taps() * pixels;
    if (offsetGroups < 1
        || shape.channels() % offsetGroups != 0
        || job.offset.elements() != 2 * wanted
        || (job.mask != null && job.mask.elements() != wanted)) {
      throw new InvalidArgumentException("offset", job.offset, "two numbers for each sample");
    }
    OnnxTensor y = frame.out(0, x.type(), shape.outputShape().dims());
    OnnxTensor bias = frame.optional(3);
    for (long i = 0; i < y.elements(); i++) {
      long k = i / pixels % shape.filters();
      double sum = sum(job, i / pixels / shape.filters(), k, i % pixels, pixels);
      y.type().setDouble(y.memory(), i, sum + (bias == null ? 0 : bias.getDouble(k)));
    }
  }

  private static double sum(Job job, long n, long k, long pixel, long pixels) {
    Convolution shape = job.shape;
    long each = shape.channelsPerGroup();
    long first = k / shape.filtersPerGroup() * each;
    long h0 = pixel / shape.output().w() * shape.stride().h() - shape.padBegin().h();
    long w0 = pixel % shape.output().w() * shape.stride().w() - shape.padBegin().w();
    double sum = 0;
    for (long c = 0; c < each; c++) {
      long channel = first + c;
      long group = channel / (shape.channels() / job.offsetGroups);
      for (long tap = 0; tap < job.taps(); tap++) {
        double h =
            h0
                + tap / shape.filter().w() * shape.dilation().h()
                + job.offset(n, group, tap, 0, pixel, pixels);
        double w =
            w0
                + tap % shape.filter().w() * shape.dilation().w()
                + job.offset(n, group, tap, 1, pixel, pixels);
        sum +=
            job.w.getDouble((k * each + c) * job.taps() + tap)
                * job.mask(n, group, tap, pixel, pixels)
                * job.sample(n * shape.channels() + channel, h, w);
      }
    }
    return sum;
  }
}
