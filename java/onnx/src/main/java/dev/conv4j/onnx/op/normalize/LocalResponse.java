package dev.conv4j.onnx.op.normalize;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Axis;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.spi.operator.LocalResponseProblem;
import java.lang.foreign.MemorySegment;

/**
 * LRN across channels (Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
 * Networks", section 3.3): {@code y = x / (bias + alpha/size · Σ x²)^beta}.
 */
final class LocalResponse implements Kernel {

  private final long size;
  private final float alpha;
  private final float beta;
  private final float bias;

  LocalResponse(Node node) {
    this.size = node.attributes().integer("size");
    this.alpha = node.attributes().real("alpha", 1e-4f);
    this.beta = node.attributes().real("beta", 0.75f);
    this.bias = node.attributes().real("bias", 1);
    if (size < 1) {
      throw new InvalidArgumentException("attribute size", size, "1 or more");
    }
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor x = frame.in(0);
    if (x.type() != ElementType.FLOAT || x.rank() < 2) {
      throw new InvalidArgumentException("input", x, "float with batch and channels");
    }
    long channels = x.dim(1);
    long plane = Axis.product(x.dims(), 2, x.rank());
    LocalResponseProblem problem =
        new LocalResponseProblem(x.dim(0), channels, plane, size, alpha, beta, bias);
    if (x.elements() > 0 && Offload.run(frame, problem, x.dims(), x)) {
      return;
    }
    OnnxTensor y = frame.out(0, x.type(), x.dims());
    float[] squares = new float[Math.toIntExact(plane)];
    for (long n = 0; n < x.dim(0); n++) {
      for (long c = 0; c < channels; c++) {
        long first = Math.max(0, c - (size - 1) / 2);
        long last = Math.min(channels - 1, c + size / 2);
        java.util.Arrays.fill(squares, 0);
        for (long k = first; k <= last; k++) {
          addSquares(x.memory(), (n * channels + k) * plane, squares);
        }
        scale(x.memory(), y.memory(), (n * channels + c) * plane, squares);
      }
    }
  }

  private static void addSquares(MemorySegment x, long from, float[] squares) {
    for (int i = 0; i < squares.length; i++) {
      float v = x.get(JAVA_FLOAT_UNALIGNED, 4 * (from + i));
      squares[i] = Math.fma(v, v, squares[i]);
    }
  }

  private void scale(MemorySegment x, MemorySegment y, long from, float[] squares) {
    float factor = alpha / size;
    boolean threeQuarters = beta == 0.75f;
    for (int i = 0; i < squares.length; i++) {
      double base = Math.fma(factor, squares[i], bias);
      // b^-3/4 = 1 / (√b · √√b): two roots are several times quicker than a power.
      double root = Math.sqrt(base);
      double power = threeQuarters ? root * Math.sqrt(root) : Math.pow(base, beta);
      float v = x.get(JAVA_FLOAT_UNALIGNED, 4 * (from + i));
      y.set(JAVA_FLOAT_UNALIGNED, 4 * (from + i), (float) (v / power));
    }
  }
}
