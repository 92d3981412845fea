package dev.conv4j.onnx.op.matrix;

import dev.conv4j.InvalidArgumentException;
import dev.conv4j.onnx.ElementType;
import dev.conv4j.onnx.OnnxTensor;
import dev.conv4j.onnx.graph.Node;
import dev.conv4j.onnx.op.Frame;
import dev.conv4j.onnx.op.Kernel;
import dev.conv4j.onnx.op.elementwise.Broadcast;
import org.jspecify.annotations.Nullable;

/** {@code Y = alpha·A'·B' + beta·C}. */
final class Gemm implements Kernel {

  private final boolean transA;
  private final boolean transB;
  private final float alpha;
  private final float beta;

  Gemm(Node node) {
    this.transA = node.attributes().flag("transA", false);
    this.transB = node.attributes().flag("transB", false);
    this.alpha = node.attributes().real("alpha", 1);
    this.beta = node.attributes().real("beta", 1);
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
    OnnxTensor y = frame.out(0, a.type(), m, n);
    Broadcast walk = c == null ? null : Broadcast.to(new long[] {m, n}, c);
    long[] added = walk == null ? new long[0] : positions(walk, m * n);
    for (long i = 0; i < m; i++) {
      for (long j = 0; j < n; j++) {
        long out = i * n + j;
        double sum = alpha * dot(a, b, i, j, k, m, n) + added(c, added, out);
        y.type().setDouble(y.memory(), out, sum);
      }
    }
  }

  private static long[] positions(Broadcast walk, long count) {
    long[] positions = new long[Math.toIntExact(count)];
    walk.rows((out, at, length) -> {
      for (int i = 0; i < length; i++) {
        positions[(int) out + i] = at[0] + i * walk.step(0);
      }
    });
    return positions;
  }

  private double added(@Nullable OnnxTensor c, long[] positions, long out) {
    return c == null || beta == 0 ? 0 : beta * c.getDouble(positions[(int) out]);
  }

  private double dot(OnnxTensor a, OnnxTensor b, long i, long j, long k, long m, long n) {
    if (!transA && transB && a.type() == ElementType.FLOAT) {
      return FloatProduct.dot(a.memory(), i * k, b.memory(), j * k, k);
    }
    double sum = 0;
    for (long l = 0; l < k; l++) {
      sum +=
          a.getDouble(transA ? l * m + i : i * k + l) * b.getDouble(transB ? j * k + l : l * n + j);
    }
    return sum;
  }
}
