package dev.conv4j.onnx.op.matrix;

import dev.conv4j.Activation;
import dev.conv4j.ConvOptions;
import dev.conv4j.Convolution;
import dev.conv4j.Epilogue;
import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Epilogues;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.Offload;
import dev.conv4j.onnx.op.conv.Planned;
import dev.conv4j.onnx.op.elementwise.Broadcast;
import dev.conv4j.spi.operator.ProductProblem;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code Y = activation(alpha·A'·B' + beta·C)}. The layer at the end of a classifier, a product
 * with constant rows of weights and a bias, is a convolution of one pixel: the engine does it.
 */
final class Gemm implements Kernel {

  /** Up to here every weight is read for a few products only, and packing weights cannot pay. */
  private static final long FEW_ROWS = 8;

  /** Results that one thread computes at a time. */
  private static final long CHUNK = 64;

  private final boolean transA;
  private final boolean transB;
  private final float alpha;
  private final float beta;
  private final Activation activation;
  private final Planned planned = new Planned();

  Gemm(Node node) {
    this.transA = node.attributes().flag("transA", false);
    this.transB = node.attributes().flag("transB", false);
    this.alpha = node.attributes().real("alpha", 1);
    this.beta = node.attributes().real("beta", 1);
    this.activation = Epilogues.activation(node);
  }

  @Override
  public void run(Frame frame) {
    OnnxTensor a = frame.in(0);
    OnnxTensor b = frame.in(1);
    if (a.rank() != 2 || b.rank() != 2 || a.type() != b.type()) {
      throw new InvalidArgumentException("operands", a + " and " + b, "matrices of one type");
    }
    long m = a.dim(transA ? 1 : 0);
    long k = a.dim(transA ? 0 : 1);
    long n = b.dim(transB ? 0 : 1);
    if (b.dim(transB ? 1 : 0) != k) {
      throw new InvalidArgumentException("operands", a + " and " + b, "inner dimensions alike");
    }
    OnnxTensor c = frame.optional(2);
    boolean layer = isLayer(frame, a, c, n) && m * n > 0;
    if (layer && m > FEW_ROWS) {
      layer(frame, a, b, c, frame.result(0, a.type(), m, n));
    } else if (!offloaded(frame, a, b, c, m, n, k)) {
      OnnxTensor y = frame.out(0, a.type(), m, n);
      if (layer && frame.hostIsDevice()) {
        fewRows(frame, a, b, c, y, k);
      } else {
        general(a, b, c, y, k);
      }
    }
  }

  private boolean offloaded(
      Frame frame, OnnxTensor a, OnnxTensor b, @Nullable OnnxTensor c, long m, long n, long k) {
    boolean bias = c != null && beta != 0;
    if (a.type() != ElementType.FLOAT || m * n * k == 0 || (bias && !isRow(c, n))) {
      return false;
    }
    ProductProblem problem =
        new ProductProblem(1, m, n, k, transA, transB, 0, 0, alpha, bias, activation);
    long[] dims = {m, n};
    return bias
        ? Offload.run(frame, problem, dims, a, b, Objects.requireNonNull(c))
        : Offload.run(frame, problem, dims, a, b);
  }

  private boolean isRow(@Nullable OnnxTensor c, long n) {
    return c != null && beta == 1 && c.elements() == n && c.dim(c.rank() - 1) == n;
  }

  private boolean isLayer(Frame frame, OnnxTensor a, @Nullable OnnxTensor c, long n) {
    return (c == null || isRow(c, n))
        && !transA
        && transB
        && alpha == 1
        && a.type() == ElementType.FLOAT
        && a.elements() > 0
        && frame.isConstant(1);
  }

  private void layer(
      Frame frame, OnnxTensor a, OnnxTensor b, @Nullable OnnxTensor c, OnnxTensor y) {
    Convolution pixel =
        Convolution.builder()
            .batch(a.dim(0))
            .channels(a.dim(1))
            .input(1)
            .filters(b.dim(0))
            .filter(1)
            .build();
    ConvOptions options =
        ConvOptions.builder()
            .epilogue(new Epilogue(c != null, false, activation))
            .mathMode(frame.options().mathMode())
            .accuracy(frame.options().accuracy())
            .fallback(frame.options().fallback())
            .build();
    OnnxTensor x = a.reshaped(a.dim(0), a.dim(1), 1);
    OnnxTensor w = b.reshaped(b.dim(0), b.dim(1), 1);
    planned.run(frame, pixel, options, x, w, true, c, null, y.reshaped(y.dim(0), y.dim(1), 1));
  }

  private void fewRows(
      Frame frame, OnnxTensor a, OnnxTensor b, @Nullable OnnxTensor c, OnnxTensor y, long k) {
    long n = y.dim(1);
    frame.parallel(
        Math.ceilDiv(n, CHUNK),
        chunk -> {
          for (long j = chunk * CHUNK; j < Math.min(n, (chunk + 1) * CHUNK); j++) {
            float shift = c == null ? 0 : (float) c.getDouble(j);
            for (long i = 0; i < y.dim(0); i++) {
              float sum = FloatProduct.dot(a.memory(), i * k, b.memory(), j * k, k);
              y.type().setDouble(y.memory(), i * n + j, activation.apply(sum + shift));
            }
          }
        });
  }

  private void general(OnnxTensor a, OnnxTensor b, @Nullable OnnxTensor c, OnnxTensor y, long k) {
    long m = y.dim(0);
    long n = y.dim(1);
    long[] added = c == null ? new long[0] : positions(Broadcast.to(y.dims(), c), m * n);
    for (long i = 0; i < m; i++) {
      for (long j = 0; j < n; j++) {
        double sum = 0;
        for (long l = 0; l < k; l++) {
          sum +=
              a.getDouble(transA ? l * m + i : i * k + l)
                  * b.getDouble(transB ? j * k + l : l * n + j);
        }
        long out = i * n + j;
        double shift = c == null || beta == 0 ? 0 : beta * c.getDouble(added[(int) out]);
        y.type().setDouble(y.memory(), out, activation.apply(alpha * sum + shift));
      }
    }
  }

  /** Returns which element of a stretched operand goes to each element of the result. */
  private static long[] positions(Broadcast walk, long count) {
    long[] positions = new long[Math.toIntExact(count)];
    walk.rows((out, at, length) -> {
      for (int i = 0; i < length; i++) {
        positions[(int) out + i] = at[0] + i * walk.step(0);
      }
    });
    return positions;
  }

  @Override
  public void close() {
    planned.close();
  }
}
